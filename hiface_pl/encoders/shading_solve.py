"""Displacement coefficients in closed form: what the bases must hold for the shading that the coarse face leaves unexplained."""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, pad

from hiface_pl.details.tension import MeanTension
from hiface_pl.details.uv import VertexToTexels
from hiface_pl.encoders.kept_tensors import kept_tensors
from hiface_pl.encoders.unwrapping import Unwrapped, UnwrappedSurface, without_local_mean
from hiface_pl.face_models.face_assets import DetailBases, FaceAssets
from hiface_pl.shapes.linear import LinearShape
from hiface_pl.types import Coefficients, Shape


@dataclass(frozen=True)
class PhotoQuality:
    """`gain` is how much of the predicted contrast of wrinkles reaches the photo, `noise` the standard deviation of the logarithm of the
    brightness that wrinkles do not explain (the more points, the less independent they are), `smoothing` the side in texels of a pixel.
    """

    gain: float
    noise: float
    smoothing: int


AS_SMALL, AS_FINE = PhotoQuality(0.6, 0.1, 3), PhotoQuality(0.8, 0.2, 1)
"""For photos of 112 pixels, and of 224 pixels on a grid that is twice as fine. Our choice: found on synthetic faces."""
ROBUST = 0.05
"""Residuals beyond this count less: brows, lashes, moles, hair, glasses."""
LEAST_MASK = 0.05
SHRINKAGE = 0.1
"""How far the prior's covariance is drawn to the identity: it comes from fewer subjects than one would like."""
AT_ONCE = 4096
"""Points, of all faces of a batch together, whose Jacobian is made at a time: 2 MB, which the caches hold, instead of half a gigabyte."""
SEEN = 0.3
"""Cosine between normal and view below which skin is not read."""


class ShadingSolve(nn.Module):
    """argmin_c |r - J c|^2 / noise^2 + c^T P c with r the unexplained fine shading, J c the shading that displacements c would cause, and P
    the precision of the prior over the coefficients of both maps, which belong together.

    Our choice: linearised shape from shading in the span of the static and the compressed basis, the latter weighted by the tension of the
    coarse face; stretched skin is too smooth to be read. Needs no training; what it finds hangs on the face being in place within a pixel.
    The constants were found on synthetic faces.
    """

    precision: Tensor
    slopes: Tensor
    mean_slopes: Tensor
    mask: Tensor
    chosen: Tensor

    def __init__(self, assets: FaceAssets, surface: UnwrappedSurface) -> None:
        super().__init__()
        detail = assets.detail
        photo = self.photo = AS_SMALL if surface.finer == 1 else AS_FINE
        mask = torch.from_numpy(detail.mask.ravel()[surface.fine_texels.ravel()])
        chosen = torch.nonzero(mask > LEAST_MASK)[:, 0]
        slopes, means, precision = kept_tensors(
            assets, f"shading-solve-1-{surface.step}-{surface.finer}", lambda: _prepared(detail, surface, photo.smoothing, chosen)
        )
        self.static, self.count = len(detail.static.basis), len(slopes)
        self.shape, self.tension = LinearShape(), MeanTension()
        self.shape.bind(assets)
        self.tension.bind(assets)
        self.to_texels = VertexToTexels(assets.atlas, assets.model, surface.fine_texels.ravel()[chosen.numpy()])
        self.register_buffer("precision", precision, persistent=False)
        self.register_buffer("chosen", chosen, persistent=False)
        self.register_buffer("mask", mask[chosen], persistent=False)
        self.register_buffer("slopes", slopes, persistent=False)
        self.register_buffer("mean_slopes", means, persistent=False)

    @torch.no_grad()
    def forward(self, seen: Unwrapped, face: Coefficients) -> Float[Tensor, "b k"]:
        """Static and compressed coefficients, one after the other; zero where the photo tells nothing. `face` is the unwrapped one."""
        response, facing, unexplained = (maps.flatten(2)[..., self.chosen] for maps in (seen.response, seen.facing, seen.unexplained))
        shape: Shape = self.shape(face)
        weight: Tensor = self.to_texels(self.tension(shape).compressed[..., None])
        mean = ((self.mean_slopes[0] + weight * self.mean_slopes[1]) * response).sum(dim=1, keepdim=True)
        residual = unexplained - self.photo.gain * mean
        trust = (self.mask * facing.clamp(min=0) * (facing > SEEN)).sqrt() / (1 + (residual / ROBUST).square()).sqrt() / self.photo.noise
        lit = self.photo.gain * trust * response
        system = self._system((lit, lit * weight), residual * trust)
        normal, right = self.precision + system[:, : self.count, : self.count], system[:, : self.count, self.count :]
        return torch.cholesky_solve(right, torch.linalg.cholesky(normal))[..., 0]

    def _system(self, lit: tuple[Float[Tensor, "b 2 n"], ...], wanted: Float[Tensor, "b 1 n"]) -> Float[Tensor, "b k1 k1"]:
        """All products of the rows of [J; r], weighted; `lit` is what slopes of the static and of the compressed basis are worth."""
        batch, _, points = wanted.shape
        system = wanted.new_zeros(batch, self.count + 1, self.count + 1)
        rows = wanted.new_empty(batch, self.count + 1, max(1, AT_ONCE // batch))
        bases = slice(self.static), slice(self.static, self.count)
        for start in range(0, points, rows.shape[2]):
            here = slice(start, start + rows.shape[2])
            part = rows[..., : len(range(*here.indices(points)))]
            for basis, light in zip(bases, lit, strict=True):
                torch.mul(self.slopes[basis, 0, here], light[:, :1, here], out=part[:, basis])
                part[:, basis].addcmul_(self.slopes[basis, 1, here], light[:, 1:, here])
            part[:, self.count :] = wanted[..., here]
            system.baddbmm_(part, part.mT)
        return system


def _prepared(detail: DetailBases, surface: UnwrappedSurface, smoothing: int, chosen: Int[Tensor, " n"]) -> tuple[Tensor, Tensor, Tensor]:
    """Slopes of the bases (k, 2, n) and of their means (2, 2, n) at the chosen points of the finer grid, and the prior's precision."""
    bases, grid = (detail.static, detail.compressed), (surface.fine_texels, surface.step, surface.finer)
    rows, means = (
        torch.cat([slopes_of(maps, detail, *grid, smoothing)[..., chosen] for maps in kind]).contiguous()
        for kind in ([basis.basis for basis in bases], [basis.mean[None] for basis in bases])
    )
    return rows, means, _prior_precision(detail)


def _prior_precision(detail: DetailBases) -> Float[Tensor, "k k"]:
    """Inverse covariance of static and compressed coefficients of the authored subjects: both maps share their lines."""
    covariance = np.cov(np.hstack([detail.bank_static, detail.bank_compressed]).astype(np.float64).T)
    eye = np.eye(len(covariance))
    return torch.from_numpy(np.linalg.inv((1 - SHRINKAGE) * covariance + SHRINKAGE * eye)).float()


def slopes_of(
    rows: Float[np.ndarray, "k m"], detail: DetailBases, grid: Int[np.ndarray, "h w"], step: int, finer: int, smoothing: int
) -> Float[Tensor, "k 2 n"]:
    """Fine differences of displacement maps over `step` texels along columns and rows, as a photo shows them, at the points of `grid`.

    `smoothing` is the side in texels of a box that the maps are averaged over; the grid's points are step / finer texels apart. The values
    of all maps at a texel lie side by side meanwhile: four times as fast.
    """
    size, margin = detail.size, smoothing // 2
    maps = torch.zeros(size * size, len(rows))
    maps[torch.from_numpy(detail.texels).long()] = torch.from_numpy(np.ascontiguousarray(rows.T)).float()
    smooth = avg_pool2d(pad(maps.view(1, size, size, -1).permute(0, 3, 1, 2), [margin] * 4), smoothing, stride=1)
    at_texels = smooth.permute(0, 2, 3, 1).reshape(size * size, -1)
    row, column = (torch.from_numpy(part).long() for part in np.divmod(grid, size))
    half = max(1, step // 2)
    found = []
    for down, right in ((0, half), (half, 0)):
        ahead, behind = (((row + way * down) % size) * size + (column + way * right) % size for way in (1, -1))
        difference = (at_texels[ahead] - at_texels[behind]) * (step / (2 * half))
        found.append(without_local_mean(difference[None].permute(0, 3, 1, 2), finer)[0].flatten(1))
    return torch.stack(found, dim=1)
