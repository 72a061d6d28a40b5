"""Values at vertices carried to UV maps by barycentric interpolation."""

import numpy as np
import scipy.sparse as sp
from jaxtyping import Float, Int
from torch import Tensor, nn

from hiface_pl.details.sparse_map import SparseMap
from hiface_pl.face_models.face_assets import UvAtlas
from hiface_pl.face_models.face_model import FaceModel, SurfacePoints
from hiface_pl.face_models.on_surface import rows_of


def uv_interpolation(atlas: UvAtlas, model: FaceModel, texels: Int[np.ndarray, " n"] | None = None) -> sp.csr_matrix:
    """The matrix (n, v) that takes vertex values to the flat `texels` (all r * r by default); off the chart, the nearest texel's row."""
    source = atlas.nearest.ravel() if texels is None else atlas.nearest.ravel()[texels]
    corners = model.triangles[atlas.triangle.ravel()[source]]
    weights = atlas.weights.reshape(-1, 3)[source]
    return rows_of(SurfacePoints(corners, weights), len(model.mean))


class VertexToUv(nn.Module):
    """Vertex values as maps: interpolated inside the skin's chart, the nearest covered texel's value outside. Differentiable."""

    def __init__(self, atlas: UvAtlas, model: FaceModel) -> None:
        super().__init__()
        self.size = atlas.size
        self.interpolation = SparseMap(uv_interpolation(atlas, model))

    def forward(self, values: Float[Tensor, "b v c"]) -> Float[Tensor, "b c r r"]:
        """Maps in the layout that `hiface_pl.types` gives (row 0 at v = 1)."""
        return _interpolate(self.interpolation, values).unflatten(2, (self.size, self.size))


class VertexToTexels(nn.Module):
    """The same for a few texels only, such as those of the detail mask, given by their flat indices (row * r + column)."""

    def __init__(self, atlas: UvAtlas, model: FaceModel, texels: Int[np.ndarray, " n"]) -> None:
        super().__init__()
        self.interpolation = SparseMap(uv_interpolation(atlas, model, texels))

    def forward(self, values: Float[Tensor, "b v c"]) -> Float[Tensor, "b c n"]:
        """One value a texel, in the order of `texels`."""
        return _interpolate(self.interpolation, values)


def _interpolate(interpolation: SparseMap, values: Float[Tensor, "b v c"]) -> Float[Tensor, "b c n"]:
    batch, vertices, channels = values.shape
    columns = values.permute(1, 0, 2).reshape(vertices, batch * channels)
    return interpolation(columns).view(-1, batch, channels).permute(1, 2, 0).contiguous()
