"""The rasteriser for CPUs: compiled, parallel over the batch, the same triangles per pixel as PyTorch3D."""

from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.autograd.function import once_differentiable

from hiface_pl.rendering.rasterizers import kernels
from hiface_pl.rendering.rasterizers.base import Fragments, Rasterizer
from hiface_pl.rendering.threads import over_batch


class CpuRasterizer(Rasterizer):
    """A z-buffer over all triangles and an analytic gradient over the visible pixels. Uses as many threads as torch may."""

    def __init__(self, cull_backfaces: bool = False) -> None:
        super().__init__()
        self.cull_backfaces = cull_backfaces

    def forward(self, ndc: Float[Tensor, "b v 3"], triangles: Int[Tensor, "m 3"], size: tuple[int, int]) -> Fragments:
        """See `Rasterizer.forward`. Takes tensors on the CPU, float32 or float64."""
        return Fragments(*_Rasterize.apply(ndc, triangles, size, self.cull_backfaces))


class _Rasterize(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, ndc: Tensor, triangles: Tensor, size: tuple[int, int], cull_backfaces: bool) -> tuple[Tensor, Tensor, Tensor]:
        ndc, triangles = ndc.contiguous(), triangles.contiguous()
        points, index = ndc.detach().numpy(), triangles.numpy()
        buffers = kernels.empty_buffers(len(points), *size, points.dtype)
        centres = kernels.pixel_centres(*size, points.dtype)

        def work(first: int, stop: int) -> None:
            kernels.rasterize(points[first:stop], index, *centres, cull_backfaces, *(buffer[first:stop] for buffer in buffers))

        over_batch(work, len(points))
        triangle, weights, depth = map(torch.from_numpy, buffers)
        ctx.save_for_backward(ndc, triangles, triangle)
        ctx.mark_non_differentiable(triangle)
        return triangle, weights, depth

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, _: Tensor, weights_gradient: Tensor, depth_gradient: Tensor) -> tuple[Tensor, None, None, None]:
        ndc, triangles, triangle = ctx.saved_tensors
        result = torch.empty_like(ndc)
        points, index = ndc.numpy(), triangles.numpy()
        arrays = [tensor.numpy() for tensor in (triangle, weights_gradient.contiguous(), depth_gradient.contiguous(), result)]
        centres = kernels.pixel_centres(triangle.shape[1], triangle.shape[2], points.dtype)

        def work(first: int, stop: int) -> None:
            kernels.rasterize_backward(points[first:stop], index, *centres, *(array[first:stop] for array in arrays))

        over_batch(work, len(points))
        return result, None, None, None
