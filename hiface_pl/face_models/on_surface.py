"""Points on a mesh as rows of a sparse matrix, applied to one mesh or to all modes of a basis at once."""

import numpy as np
from jaxtyping import Float32
from scipy import sparse

from hiface_pl.face_models.face_model import SurfacePoints


def rows_of(points: SurfacePoints, vertices: int) -> sparse.csr_matrix:
    """The matrix (n, vertices) that takes vertex values to the points."""
    starts = np.arange(0, points.vertices.size + 1, 3)
    return sparse.csr_matrix((points.weights.ravel(), points.vertices.ravel(), starts), shape=(len(points.vertices), vertices))


def carried(rows: sparse.csr_matrix | sparse.csr_array, vertices: Float32[np.ndarray, "*b v c"]) -> Float32[np.ndarray, "*b n c"]:
    """`rows` (n, v) times the vertices of one mesh (v, 3), or of many modes (k, v, 3).

    All modes of a vertex lie side by side meanwhile: three times as fast as gathering three numbers at a time.
    """
    columns = np.moveaxis(vertices, -2, 0)
    found = rows @ np.ascontiguousarray(columns).reshape(len(columns), -1)
    return np.ascontiguousarray(np.moveaxis(found.reshape(-1, *columns.shape[1:]), 0, -2))
