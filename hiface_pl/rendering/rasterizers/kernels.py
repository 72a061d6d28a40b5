"""What CPU code calls to rasterise arrays. Kernels hold no lock and keep no state: a generator may call them from any thread or process."""

import numpy as np
from jaxtyping import Float, Int64, Integer

from hiface_pl.rendering.rasterizers.visibility import rasterize
from hiface_pl.rendering.rasterizers.visibility_gradient import rasterize_backward

__all__ = ["empty_buffers", "pixel_centres", "rasterize", "rasterize_backward", "zbuffer"]


def zbuffer(
    ndc: Float[np.ndarray, "v 3"], triangles: Integer[np.ndarray, "m 3"], height: int, width: int, cull_backfaces: bool = False
) -> tuple[Int64[np.ndarray, "h w"], Float[np.ndarray, "h w 3"], Float[np.ndarray, "h w"]]:
    """Triangle (-1 in the background), perspective-correct barycentric weights and depth of each pixel of one mesh.

    `ndc` as in `Rasterizer.forward`: x left, y up, the shorter image side spans [-1, 1], z is the depth.
    """
    ndc = np.ascontiguousarray(ndc)
    buffers = empty_buffers(1, height, width, ndc.dtype)
    rasterize(ndc[None], np.ascontiguousarray(triangles), *pixel_centres(height, width, ndc.dtype), cull_backfaces, *buffers)
    return buffers[0][0], buffers[1][0], buffers[2][0]


def empty_buffers(
    count: int, height: int, width: int, dtype: np.dtype
) -> tuple[Int64[np.ndarray, "b h w"], Float[np.ndarray, "b h w 3"], Float[np.ndarray, "b h w"]]:
    """Room for the triangles, weights and depths of `count` images; `rasterize` overwrites all of it."""
    size = (count, height, width)
    return np.empty(size, np.int64), np.empty((*size, 3), dtype), np.empty(size, dtype)


def pixel_centres(height: int, width: int, dtype: np.dtype) -> tuple[Float[np.ndarray, " w"], Float[np.ndarray, " h"]]:
    """The columns' x and the rows' y in device coordinates, both falling; rounded as PyTorch3D does."""
    return _centres(width, height, dtype.type), _centres(height, width, dtype.type)


def _centres(count: int, other: int, real: type[np.floating]) -> Float[np.ndarray, " n"]:
    span = real(count * 2.0) / real(other) if count > other else real(2)
    offset = span / real(2)
    return -offset + (span * np.arange(count - 1, -1, -1).astype(real) + offset) / real(count)
