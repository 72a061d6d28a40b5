"""The fine shading that wrinkles cause on an unwrapped photo, linear in the coefficients of all three displacement maps."""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn

from hiface_pl.details.tension import MeanTension
from hiface_pl.details.uv import VertexToTexels
from hiface_pl.encoders.kept_tensors import kept_tensors
from hiface_pl.encoders.shading_solve import LEAST_MASK, SEEN, slopes_of
from hiface_pl.encoders.unwrapping import Unwrapped, UnwrappedSurface
from hiface_pl.face_models.face_assets import FaceAssets
from hiface_pl.shapes.linear import LinearShape
from hiface_pl.types import Coefficients, Shape, TensorRecord

SMOOTHING = 3
"""Side in texels of the box that lines are blurred with. Our choice: the face is off by about as much."""


@dataclass(frozen=True)
class SeenWrinkles(TensorRecord):
    """At the points of the mask: unexplained fine shading, what each coefficient adds to it, and how well the point is seen."""

    fine: Float[Tensor, "b n"]
    jacobian: Float[Tensor, "b k n"]
    seen: Float[Tensor, "b n"]


class WrinkleShading(nn.Module):
    """J of `ShadingSolve` for static, compressed and stretched maps, on the coarser grid, which is fine enough for blurred lines."""

    chosen: Tensor
    mask: Tensor
    slopes: Tensor

    def __init__(self, assets: FaceAssets, surface: UnwrappedSurface) -> None:
        super().__init__()
        detail, finer = assets.detail, surface.finer
        mask = torch.from_numpy(detail.mask.ravel()[surface.texels.ravel()])
        coarse = torch.nonzero(mask > LEAST_MASK)[:, 0]
        row, column = coarse // surface.width, coarse % surface.width
        rows = [basis.basis for basis in (detail.static, detail.compressed, detail.stretched)]
        grid = (surface.texels, surface.step, 1, SMOOTHING)
        (slopes,) = kept_tensors(
            assets, f"wrinkle-shading-1-{surface.step}", lambda: [torch.cat([slopes_of(part, detail, *grid)[..., coarse] for part in rows])]
        )
        self.sizes = [len(part) for part in rows]
        self.shape, self.tension = LinearShape(), MeanTension()
        self.shape.bind(assets)
        self.tension.bind(assets)
        self.to_texels = VertexToTexels(assets.atlas, assets.model, surface.texels.ravel()[coarse.numpy()])
        self.register_buffer("chosen", finer * row * finer * surface.width + finer * column, persistent=False)
        self.register_buffer("mask", mask[coarse], persistent=False)
        self.register_buffer("slopes", slopes, persistent=False)

    @torch.no_grad()
    def forward(self, seen: Unwrapped, face: Coefficients) -> SeenWrinkles:
        """`face` is the unwrapped one."""
        response, facing, fine = (maps.flatten(2)[..., self.chosen] for maps in (seen.response, seen.facing[:, :1], seen.unexplained))
        shape: Shape = self.shape(face)
        tension = self.tension(shape)
        weights: Tensor = self.to_texels(torch.stack([tension.compressed, tension.stretched], dim=2))
        rows = torch.addcmul(self.slopes[:, 0] * response[:, :1], self.slopes[:, 1], response[:, 1:])
        static, *poles = rows.split(self.sizes, dim=1)
        weighted = [weights[:, number, None] * pole for number, pole in enumerate(poles)]
        visible = self.mask * facing[:, 0].clamp(min=0) * (facing[:, 0] > SEEN)
        return SeenWrinkles(fine[:, 0], torch.cat([static, *weighted], dim=1), visible)
