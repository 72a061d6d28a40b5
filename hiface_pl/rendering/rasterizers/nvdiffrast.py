"""nvdiffrast as a rasteriser on NVIDIA GPUs, for those who have it. **Not yet run on a GPU in this repository**: written from its public
documentation; the conversions are tested on the CPU with a stand-in for the package.

What differs from PyTorch3D: a pixel is covered by OpenGL's fill rule, so that silhouettes can differ by a pixel, and depth gets its
gradient through the weights that it is computed from. The package's licence allows non-commercial use only.
"""

from functools import lru_cache
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor

from hiface_pl.errors import ConfigError
from hiface_pl.rendering.rasterizers.base import Fragments, Rasterizer

CLEARANCE = 1e-3
"""The nearest and farthest depth that is drawn lie this share outside the depths of the batch."""
NEAREST = 1e-3
"""Triangles reaching closer than this (units of z) are clipped there; PyTorch3D drops triangles that reach behind the camera."""


class NvdiffrastRasterizer(Rasterizer):
    """`rasterize` of nvdiffrast without anti-aliasing: hard visibility. The package is imported when first used."""

    def __init__(self, cull_backfaces: bool = False) -> None:
        super().__init__()
        self.cull_backfaces = cull_backfaces

    def forward(self, ndc: Float[Tensor, "b v 3"], triangles: Int[Tensor, "m 3"], size: tuple[int, int]) -> Fragments:
        """See `Rasterizer.forward`. Raises ConfigError where the package or a CUDA device is missing."""
        package, memory = nvdiffrast_package(), context(ndc.device)
        raster, _ = package.rasterize(memory, to_clip(ndc.float(), size), triangles.int(), resolution=size, grad_db=False)
        fragments = to_fragments(raster, ndc, triangles)
        return _front_only(fragments, ndc, triangles) if self.cull_backfaces else fragments


def nvdiffrast_package() -> Any:
    """`nvdiffrast.torch`. Raises ConfigError where it cannot be imported."""
    try:
        import nvdiffrast.torch as package  # noqa: PLC0415
    except (ImportError, OSError) as error:
        raise ConfigError(
            f"nvdiffrast cannot be loaded ({error}): install it from its repository (NVlabs/nvdiffrast) on a machine with CUDA, "
            "or set the rasterizer to hiface_pl.rendering.rasterizers.by_device.DeviceRasterizer"
        ) from error
    return package


@lru_cache(maxsize=8)
def context(device: torch.device) -> Any:
    """The package's memory on a device, made once, and not part of the module, which may be copied. Raises ConfigError."""
    if device.type != "cuda":
        raise ConfigError(
            f"NvdiffrastRasterizer draws on CUDA devices only and got tensors on {device}: run on a GPU, "
            "or set the rasterizer to hiface_pl.rendering.rasterizers.by_device.DeviceRasterizer"
        )
    return nvdiffrast_package().RasterizeCudaContext(device=device)


def to_clip(ndc: Float[Tensor, "b v 3"], size: tuple[int, int]) -> Float[Tensor, "b v 4"]:
    """OpenGL clip coordinates (x, y, z, w) of PyTorch3D's device coordinates in an image of `size` = (height, width).

    w is the depth, so that weights are perspective-correct. PyTorch3D's x points left and its shorter side spans [-1, 1]; clip x points
    right and each side spans [-w, w]. y stays: PyTorch3D's points up, and nvdiffrast's first image row is the lowest in OpenGL's sense,
    which `to_fragments` turns over. z / w grows from -1 at the nearest to 1 at the farthest depth of the batch, linear in 1 / depth.
    """
    height, width = size
    shorter = min(height, width)
    depth = ndc[..., 2]
    with torch.no_grad():
        near = (depth.amin() * (1 - CLEARANCE)).clamp(min=NEAREST)
        far = torch.maximum(depth.amax() * (1 + CLEARANCE), near * (1 + CLEARANCE))
    z = (depth * (far + near) - 2 * far * near) / (far - near)
    return torch.stack([-ndc[..., 0] * (shorter / width) * depth, ndc[..., 1] * (shorter / height) * depth, z, depth], dim=-1)


def to_fragments(raster: Float[Tensor, "b h w 4"], ndc: Float[Tensor, "b v 3"], triangles: Int[Tensor, "m 3"]) -> Fragments:
    """Fragments from nvdiffrast's (u, v, z / w, triangle + 1), rows from below; u and v are the weights of corners 0 and 1.

    Depth is made from the weights, as PyTorch3D does: z / w is no use for it, because its gradient is not followed.
    """
    raster = raster.flip(1)
    triangle = raster[..., 3].detach().round().long() - 1
    seen = (triangle >= 0)[..., None]
    u, v = raster[..., 0:1], raster[..., 1:2]
    weights = torch.cat([u, v, 1 - u - v], dim=-1).to(ndc.dtype) * seen
    corners = triangles.long()[triangle.clamp(min=0)]
    image = torch.arange(len(ndc), device=ndc.device)[:, None, None, None]
    depth = (weights * ndc[..., 2][image, corners]).sum(-1)
    return Fragments(triangle, weights, depth)


def _front_only(fragments: Fragments, ndc: Float[Tensor, "b v 3"], triangles: Int[Tensor, "m 3"]) -> Fragments:
    """Makes pixels that see the back of a triangle background: nvdiffrast does not cull, so nothing behind them is seen."""
    a, b, c = (ndc[:, triangles.long()[:, corner], :2] for corner in range(3))
    area = (a - b)[..., 0] * (c - b)[..., 1] - (a - b)[..., 1] * (c - b)[..., 0]
    image = torch.arange(len(ndc), device=ndc.device)[:, None, None]
    front = (fragments.triangle >= 0) & (area[image, fragments.triangle.clamp(min=0)] >= 0)
    return Fragments(
        torch.where(front, fragments.triangle, -1), fragments.weights * front[..., None], torch.where(front, fragments.depth, 0.0)
    )
