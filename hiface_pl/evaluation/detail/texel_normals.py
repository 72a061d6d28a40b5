"""Normals of a detailed surface at the texels of the detail mask, as the renderer shades them."""

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from hiface_pl.details.sparse_map import SparseMap
from hiface_pl.details.texels import MaskTexels
from hiface_pl.details.uv import VertexToTexels
from hiface_pl.face_models.face_assets import FaceAssets
from hiface_pl.face_models.face_model import SurfacePoints
from hiface_pl.face_models.on_surface import rows_of
from hiface_pl.rendering.detail_normals import DualTangents, Slopes, perturb
from hiface_pl.rendering.normals import VertexNormals


class TexelNormals(nn.Module):
    """n - J g^-1 grad D over the texels of the detail mask: smooth normals of the coarse surface, tilted by the map's slopes."""

    def __init__(self, assets: FaceAssets) -> None:
        super().__init__()
        self.vertex_normals, self.tangents, self.slopes = VertexNormals(), DualTangents(), Slopes()
        for stage in (self.vertex_normals, self.tangents, self.slopes):
            stage.bind(assets)
        self.texels = MaskTexels(assets.detail)
        self.to_texels = VertexToTexels(assets.atlas, assets.model, assets.detail.texels)
        source = assets.atlas.nearest.ravel()[assets.detail.texels]
        corners = assets.model.uv_triangles[assets.atlas.triangle.ravel()[source]]
        weights = assets.atlas.weights.reshape(-1, 3)[source]
        self.from_chart = SparseMap(rows_of(SurfacePoints(corners, weights), len(assets.model.uv)))

    def forward(self, vertices: Float[Tensor, "v 3"], values: Float[Tensor, " n"] | None = None) -> Float[Tensor, "n 3"]:
        """Unit normals in the frame of the vertices (mm); `values` are the displacements at the texels, mm, None for the coarse surface."""
        normals = self.to_texels(self.vertex_normals(vertices[None]))[0].T
        normals = nn.functional.normalize(normals, dim=-1)
        if values is None:
            return normals
        tangents = self.from_chart(self.tangents(vertices[None])[0])
        slopes = self.texels.read(self.slopes(self.texels(values[None])).transpose(0, 1))
        return perturb(normals, tangents, slopes.T)


def angles(first: Float[Tensor, "n 3"], second: Float[Tensor, "n 3"]) -> Float[Tensor, " n"]:
    """Angles between unit vectors in degrees, from the chord (exact near zero, where an arc cosine is not)."""
    return torch.rad2deg(2 * torch.asin(((first - second).norm(dim=-1) / 2).clamp(max=1)))


def mean_angle(first: Float[Tensor, "n 3"], second: Float[Tensor, "n 3"], weights: Float[Tensor, " n"]) -> float:
    """Weighted mean of the angles, degrees."""
    return float(np.average(angles(first, second).double().numpy(), weights=weights.double().numpy()))
