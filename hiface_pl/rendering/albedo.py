"""Skin colour as a UV map, and UV maps at pixels."""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from hiface_pl.face_models.face_assets import FaceAssets


class AlbedoMap(nn.Module):
    """A = mean + B_alb alpha, linear RGB. Paper: albedo basis."""

    mean: Tensor
    basis: Tensor

    def bind(self, assets: FaceAssets) -> None:
        """Takes the face model's albedo basis."""
        self.size = assets.albedo.size
        self.register_buffer("mean", torch.from_numpy(assets.albedo.mean).flatten(), persistent=False)
        self.register_buffer("basis", torch.from_numpy(assets.albedo.basis).flatten(1), persistent=False)

    def forward(self, albedo: Float[Tensor, "b ka"]) -> Float[Tensor, "b 3 r r"]:
        """Maps from coefficients in standard deviations; not clamped."""
        return torch.addmm(self.mean, albedo, self.basis).unflatten(1, (3, self.size, self.size))


def sample_map(maps: Float[Tensor, "b c r r"], uv: Float[Tensor, "b h w 2"]) -> Float[Tensor, "b c h w"]:
    """Bilinear values of UV maps at texture coordinates (v up), the rim's value outside; differentiable in both."""
    grid = torch.stack([2 * uv[..., 0] - 1, 1 - 2 * uv[..., 1]], dim=-1)
    return nn.functional.grid_sample(maps, grid, mode="bilinear", padding_mode="border", align_corners=False)
