"""Rasterises the skin's UV chart once: which triangle every texel lies on, and where."""

from typing import no_type_check

import numpy as np
from jaxtyping import Float, Float32, Int32
from numba import njit
from scipy.ndimage import distance_transform_edt

from hiface_pl.errors import FaceModelError
from hiface_pl.face_models.face_assets import UvAtlas
from hiface_pl.face_models.face_model import FaceModel, Part


def rasterise_skin(model: FaceModel, size: int) -> UvAtlas:
    """The atlas of the model's skin at `size` texels a side. Raises FaceModelError where the UV holds no skin."""
    skin = np.flatnonzero(model.triangle_part == Part.SKIN).astype(np.int32)
    corners = model.uv[model.uv_triangles[skin]].astype(np.float64)
    texels = np.stack([corners[..., 0] * size, (1.0 - corners[..., 1]) * size], axis=-1)
    triangle = np.full((size, size), -1, dtype=np.int32)
    weights = np.zeros((size, size, 3), dtype=np.float32)
    _fill(np.ascontiguousarray(texels), skin, triangle, weights)
    if not (triangle >= 0).any():
        raise FaceModelError(f"the face model {model.name} has no skin in its UV square: give it texture coordinates in [0, 1]")
    rows, columns = distance_transform_edt(triangle < 0, return_distances=False, return_indices=True)
    return UvAtlas(size, triangle, weights, (rows * size + columns).astype(np.int32))


def to_texels(atlas: UvAtlas, triangles: Int32[np.ndarray, "m 3"], values: Float[np.ndarray, "v c"]) -> Float32[np.ndarray, "r r c"]:
    """Vertex values carried to every texel; texels outside the chart take the value of the nearest covered one."""
    corners = triangles[np.maximum(atlas.triangle, 0)]
    inside = np.einsum("hwk,hwkc->hwc", atlas.weights, values[corners].astype(np.float32))
    return inside.reshape(-1, values.shape[1])[atlas.nearest.ravel()].reshape(inside.shape)


@njit(cache=True, nogil=True)
@no_type_check
def _fill(corners: np.ndarray, names: np.ndarray, triangle: np.ndarray, weights: np.ndarray) -> None:  # pragma: no cover
    """Each texel centre takes the first triangle that contains it; barycentric weights are affine in UV."""
    size = triangle.shape[0]
    for index in range(corners.shape[0]):
        (x0, y0), (x1, y1), (x2, y2) = corners[index, 0], corners[index, 1], corners[index, 2]
        area = (x1 - x0) * (y2 - y0) - (y1 - y0) * (x2 - x0)
        if abs(area) < 1e-12:
            continue
        left, right = max(0, int(np.ceil(min(x0, x1, x2) - 0.5))), min(size - 1, int(np.floor(max(x0, x1, x2) - 0.5)))
        top, bottom = max(0, int(np.ceil(min(y0, y1, y2) - 0.5))), min(size - 1, int(np.floor(max(y0, y1, y2) - 0.5)))
        for row in range(top, bottom + 1):
            for column in range(left, right + 1):
                x, y = column + 0.5, row + 0.5
                first = ((x1 - x) * (y2 - y) - (y1 - y) * (x2 - x)) / area
                second = ((x2 - x) * (y0 - y) - (y2 - y) * (x0 - x)) / area
                third = 1.0 - first - second
                if triangle[row, column] < 0 and min(first, second, third) >= -1e-9:
                    triangle[row, column] = names[index]
                    weights[row, column, 0], weights[row, column, 1], weights[row, column, 2] = first, second, third
