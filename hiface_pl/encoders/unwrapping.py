"""The photo unwrapped: what a coarse face says about every texel of the detail mask, and what the image shows there."""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn.functional import grid_sample, pad, pixel_unshuffle

from hiface_pl.details.uv import uv_interpolation
from hiface_pl.encoders.shading import lengths, slope_response
from hiface_pl.encoders.texel_albedo import TexelAlbedo
from hiface_pl.face_models.face_assets import FaceAssets
from hiface_pl.rendering.camera import project, to_camera
from hiface_pl.shapes.surface_bases import SurfaceBases
from hiface_pl.types import Coefficients, Shape, TensorRecord

MULTIPLE = 16
"""Sides of the grid are multiples of this, so that four halvings come out even."""
BLUR = 9
"""Side in texels of the box that tells wrinkles from shading and skin tone. Our choice: about the width of three furrows."""
CHANNELS = 14
GAMMA = 2.2
DARKEST = 0.01
SHORTEST = 0.3
"""Millimetres below which a step between texels counts as this long."""


@dataclass(frozen=True)
class Unwrapped(TensorRecord):
    """A photo on the texel grid of a face. `maps` are all that a network may want to see.

    `response` is how much the logarithm of the brightness grows with the slope of a displacement along u and v (per mm a texel step),
    `unexplained` the fine part of that logarithm without the coarse face's own shading and colour, `facing` the cosine between normal and
    view. These three are on a grid that may be finer than that of the maps.
    """

    maps: Float[Tensor, "b c h w"]
    response: Float[Tensor, "b 2 y x"]
    unexplained: Float[Tensor, "b 1 y x"]
    facing: Float[Tensor, "b 1 y x"]


def texel_grid(assets: FaceAssets, step: int, finer: int = 1) -> Int[np.ndarray, "h w"]:
    """Flat indices of every `step`-th texel in rows and columns of the box around the detail mask; a `finer` grid starts with the same."""
    size = assets.detail.size
    masked = np.zeros(size * size, dtype=bool)
    masked[assets.detail.texels] = True
    rows, columns = (_range(np.flatnonzero(masked.reshape(size, size).any(axis=axis)), step, size, finer) for axis in (1, 0))
    return rows[:, None] * size + columns[None]


def _range(used: Int[np.ndarray, " n"], step: int, size: int, finer: int) -> Int[np.ndarray, " m"]:
    length = MULTIPLE * -(-(used[-1] - used[0] + 1) // (MULTIPLE * step))
    start = (used[0] + used[-1] + 1 - length * step) // 2
    return np.clip(start + step // finer * np.arange(length * finer), 0, size - 1)


class UnwrappedSurface(nn.Module):
    """Image and coarse surface on a grid of texels of the detail maps.

    Our choice. Wrinkles are small and pooled features lose where they are; on the grid each has its own place, whatever pose and shape are.
    The surface comes straight from the linear bases at the texels; nothing is rendered. Without a test for self-occlusion: a nose seen from
    the side repeats on the cheek behind it.
    """

    def __init__(self, assets: FaceAssets, step: int, finer: int = 1) -> None:
        """`step` is the distance of the grid's points in texels; `finer` 2 reads the shading at points between them too."""
        super().__init__()
        self.texels, self.step, self.finer = texel_grid(assets, step), step, finer
        self.fine_texels = texel_grid(assets, step, finer)
        self.channels = CHANNELS - 1 + finer**2
        self.height, self.width = self.texels.shape
        self.bases = SurfaceBases(assets.model, uv_interpolation(assets.atlas, assets.model, self.texels.ravel()))
        self.albedo = TexelAlbedo(assets, self.texels)

    @torch.no_grad()
    def forward(self, image: Float[Tensor, "b 3 s s"], face: Coefficients) -> Unwrapped:
        """Fine shading (and its products with how much slope along u and v would brighten the skin), colour, facing and strain."""
        shape: Shape = self.bases(face.identity, face.expression)
        points = to_camera(shape.expressive, face.pose)
        before, after = self._tangents(shape.neutral), self._tangents(points)
        lit = slope_response(*after, face.lighting)
        colour = self._colour(image, points.transpose(1, 2).unflatten(2, (self.height, self.width)))
        fine, even = _fine_shading(colour)
        expected = (lit.shading.clamp(min=0.03) * self.albedo(face.albedo)).log()
        dense = colour if self.finer == 1 else self._colour(image, self._between(points.transpose(1, 2).unflatten(2, expected.shape[2:])))
        unexplained = without_local_mean(GAMMA * (dense.mean(dim=1, keepdim=True) + DARKEST).log() - self._between(expected), self.finer)
        strain = torch.cat([_log_ratio(a, b) for a, b in zip(after, before, strict=True)], dim=1)
        seen = lit.facing.clamp(min=0)
        maps = [fine, lit.slopes, fine * lit.slopes, even, lit.facing, strain, seen * fine.abs(), seen]
        maps.append(pixel_unshuffle(4 * unexplained.clamp(-1, 1), self.finer))
        steps = torch.cat([lengths(tangent) for tangent in after], dim=1).clamp(min=SHORTEST)
        return Unwrapped(torch.cat(maps, dim=1), self._between(lit.slopes / steps), unexplained, self._between(lit.facing))

    def _colour(self, image: Tensor, points: Float[Tensor, "b 3 y x"]) -> Float[Tensor, "b 3 y x"]:
        places = 2 * project(points.flatten(2).transpose(1, 2)) - 1
        return grid_sample(image, places.unflatten(1, points.shape[2:]), padding_mode="border", align_corners=False)

    def _between(self, maps: Float[Tensor, "b c h w"]) -> Float[Tensor, "b c y x"]:
        """The maps with a mean between neighbours where the finer grid has a point; the last row and column are repeated."""
        for axis in (2, 3) if self.finer == 2 else ():
            after = torch.cat([maps.narrow(axis, 1, maps.shape[axis] - 1), maps.narrow(axis, maps.shape[axis] - 1, 1)], dim=axis)
            maps = torch.stack([maps, 0.5 * (maps + after)], dim=axis + 1).flatten(axis, axis + 1)
        return maps

    def _tangents(self, points: Float[Tensor, "b n 3"]) -> tuple[Float[Tensor, "b 3 h w"], Float[Tensor, "b 3 h w"]]:
        """Central differences along the grid's columns (u) and rows (-v), mm a texel step."""
        maps = points.transpose(1, 2).unflatten(2, (self.height, self.width))
        columns, rows = pad(maps, (1, 1, 0, 0), mode="replicate"), pad(maps, (0, 0, 1, 1), mode="replicate")
        return 0.5 * (columns[..., 2:] - columns[..., :-2]), 0.5 * (rows[..., 2:, :] - rows[..., :-2, :])


def without_local_mean(maps: Float[Tensor, "b c h w"], finer: int = 1) -> Float[Tensor, "b c h w"]:
    """The maps minus their means over a box of BLUR points, `finer` times as many on a finer grid."""
    side = (BLUR - 1) * finer + 1
    return maps - _box_sums(maps, side) / _box_sums(torch.ones_like(maps[:1, :1]), side)


def _box_sums(maps: Float[Tensor, "b c h w"], side: int) -> Float[Tensor, "b c h w"]:
    """Sums over boxes, without what lies beyond the edges, as differences of running sums: torch's pooling takes twelve times as long."""
    for _ in range(2):
        running = pad(maps, (side // 2 + 1, side // 2)).cumsum(dim=3)
        maps = (running[..., side:] - running[..., :-side]).transpose(2, 3)
    return maps


def _fine_shading(colour: Float[Tensor, "b 3 h w"]) -> tuple[Float[Tensor, "b 1 h w"], Float[Tensor, "b 3 h w"]]:
    """What is left of the logarithm of the brightness without its local mean, and the local mean of each channel about its overall mean."""
    level = (colour.clamp(min=0) + 0.02).log()
    fine = without_local_mean(level)
    even = level - fine
    return 5 * fine.mean(dim=1, keepdim=True), even - even.mean(dim=(2, 3), keepdim=True)


def _log_ratio(after: Float[Tensor, "b 3 h w"], before: Float[Tensor, "b 3 h w"]) -> Float[Tensor, "b 1 h w"]:
    """The logarithm of how much longer a step became with the expression."""
    stretched, relaxed = (lengths(tangent).clamp(min=1e-3) for tangent in (after, before))
    return 4 * (stretched / relaxed).log().clamp(-1, 1)
