"""The edges of the skin's quads and the sparse matrices that tension is made of."""

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from jaxtyping import Int

from hiface_pl.face_models.face_model import FaceModel, Part


@dataclass(frozen=True)
class SkinEdges:
    """Undirected edges of the skin's faces, without the diagonals that triangulation adds; `vertices` counts the whole mesh."""

    ends: Int[np.ndarray, "e 2"]
    vertices: int

    @classmethod
    def of(cls, model: FaceModel) -> "SkinEdges":
        """The edges of all faces whose part is skin. Our choice: no diagonals, so that tension does not depend on how quads were split."""
        faces = model.quads[model.part == Part.SKIN]
        following = np.roll(faces, -1, axis=1)
        following[:, 2] = np.where(faces[:, 3] < 0, faces[:, 0], following[:, 2])
        pairs = np.stack([faces, following], axis=-1).reshape(-1, 2)
        pairs = pairs[(pairs >= 0).all(axis=1)]
        low, high = pairs.min(axis=1).astype(np.int64), pairs.max(axis=1)
        keys = np.unique(low * len(model.mean) + high)  # one number an edge: ten times as fast as unique rows
        return cls(np.stack(np.divmod(keys, len(model.mean)), axis=1).astype(pairs.dtype), len(model.mean))

    def differences(self) -> sp.csr_matrix:
        """(e, v): the vector from each edge's first to its second vertex."""
        count = len(self.ends)
        signs = np.tile(np.array([-1.0, 1.0]), count)
        return sp.csr_matrix((signs, self.ends.ravel(), np.arange(0, 2 * count + 1, 2)), shape=(count, self.vertices))

    def ring_means(self) -> sp.csr_matrix:
        """(v, e): the mean over the edges that meet in a vertex; 0 where none does."""
        touches = abs(self.differences()).T
        return (self._inverse_degree() @ touches).tocsr()

    def smoothing(self, half_steps: int) -> sp.csr_matrix:
        """(v, v): `half_steps` times half way to the mean of the neighbours."""
        differences = abs(self.differences())
        neighbours = differences.T @ differences
        neighbours.setdiag(0)
        step = (sp.identity(self.vertices) + self._inverse_degree() @ neighbours) / 2
        matrix = sp.identity(self.vertices, format="csr")
        for _ in range(half_steps):
            matrix = step @ matrix
        matrix.eliminate_zeros()
        return matrix.tocsr()

    def _inverse_degree(self) -> sp.dia_matrix:
        degree = np.bincount(self.ends.ravel(), minlength=self.vertices)
        return sp.diags(1 / np.maximum(degree, 1))
