"""How the brightness of skin answers to small slopes, from the light's harmonics in closed form."""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from hiface_pl.rendering.lighting import BAND_0, BAND_1, BAND_2, BAND_2_DIFFERENCE, BAND_2_ZONAL


@dataclass(frozen=True)
class LitSurface:
    """`shading` of the surface, the growth of its logarithm when the surface rises along u and v (`slopes`), and the cosine to the view."""

    shading: Float[Tensor, "b 1 h w"]
    slopes: Float[Tensor, "b 2 h w"]
    facing: Float[Tensor, "b 1 h w"]


def slope_response(along_u: Float[Tensor, "b 3 h w"], along_v: Float[Tensor, "b 3 h w"], lighting: Float[Tensor, "b 9 3"]) -> LitSurface:
    """Shading of the surface with these tangents (camera frame) and its derivative by a rise of one mm a mm along each."""
    grid = along_u.shape[2:]
    normal = _unit(torch.linalg.cross(along_v, along_u, dim=1)).flatten(2)
    constant, linear, quadratic = shading_polynomial(lighting.mean(dim=2))
    curved = quadratic @ normal
    shading = constant + ((linear + curved) * normal).sum(dim=1, keepdim=True)
    gradient = (linear + 2 * curved) / shading.clamp(min=0.05)
    slopes = [-(gradient * _unit(tangent.flatten(2))).sum(dim=1, keepdim=True) for tangent in (along_u, along_v)]
    return LitSurface(shading.unflatten(2, grid), torch.cat(slopes, dim=1).unflatten(2, grid), normal[:, 2:].unflatten(2, grid))


def lengths(vectors: Float[Tensor, "b 3 *n"]) -> Float[Tensor, "b 1 *n"]:
    """Lengths of vectors whose coordinates are channels: torch's norm along that axis takes a hundred times as long."""
    return vectors.square().sum(dim=1, keepdim=True).sqrt()


def _unit(vectors: Float[Tensor, "b 3 *n"]) -> Float[Tensor, "b 3 *n"]:
    return vectors / lengths(vectors).clamp(min=1e-12)


def shading_polynomial(grey: Float[Tensor, "b 9"]) -> tuple[Float[Tensor, "b 1 1"], Float[Tensor, "b 3 1"], Float[Tensor, "b 3 3"]]:
    """c, l and Q of the shading c + l.n + n.Qn: `rendering.lighting.sh_basis` written out for unit normals n."""
    flat, y, z, x, xy, yz, zz, xz, xx = grey.unbind(dim=1)
    xy, yz, xz = (0.5 * BAND_2 * band for band in (xy, yz, xz))
    xx, zz = BAND_2_DIFFERENCE * xx, BAND_2_ZONAL * zz
    quadratic = torch.stack([xx, xy, xz, xy, -xx, yz, xz, yz, 3 * zz], dim=1).unflatten(1, (3, 3))
    return (BAND_0 * flat - zz)[:, None, None], BAND_1 * torch.stack([x, y, z], dim=1)[..., None], quadratic
