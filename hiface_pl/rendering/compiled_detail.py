"""The compiled dual tangents and slopes as differentiable operations on the CPU."""

from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.autograd.function import once_differentiable

from hiface_pl.rendering import detail_kernels as kernels
from hiface_pl.rendering.threads import over_batch


def dual_tangents_on_cpu(vertices: Float[Tensor, "b v 3"], rows: tuple[Tensor, Tensor, Tensor]) -> Float[Tensor, "b t 6"]:
    """See `DualTangents`; `rows` are those of a sparse matrix of derivatives along u, then along v, in the same pattern."""
    return _DualTangents.apply(vertices, *rows)


def slopes_on_cpu(displacement: Float[Tensor, "b 1 r r"], nearest: Int[Tensor, " rr"]) -> Float[Tensor, "b 2 r r"]:
    """See `Slopes`."""
    return _Slopes.apply(displacement, nearest)


class _DualTangents(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, vertices: Tensor, columns: Tensor, starts: Tensor, weights: Tensor) -> Tensor:
        vertices = vertices.contiguous()
        half = len(columns) // 2
        ctx.rows = [part.numpy() for part in (starts[: len(starts) // 2 + 1], columns[:half], *weights.to(vertices.dtype).chunk(2))]
        ctx.save_for_backward(vertices)
        result = vertices.new_empty(len(vertices), len(starts) // 2, 6)
        points, out = vertices.detach().numpy(), result.numpy()
        over_batch(lambda first, stop: kernels.dual_tangents(points[first:stop], *ctx.rows, out[first:stop]), len(points))
        return result

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None, None, None]:
        (vertices,) = ctx.saved_tensors
        result = torch.empty_like(vertices)
        arrays = [tensor.numpy() for tensor in (gradient.contiguous(), result)]
        points = vertices.numpy()

        def work(first: int, stop: int) -> None:
            kernels.dual_tangents_backward(points[first:stop], *ctx.rows, *(array[first:stop] for array in arrays))

        over_batch(work, len(points))
        return result, None, None, None


class _Slopes(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, displacement: Tensor, nearest: Tensor) -> Tensor:
        ctx.nearest = nearest.numpy()
        maps = displacement.detach().contiguous()[:, 0]
        result = maps.new_empty(len(maps), 2, *maps.shape[1:])
        source, out = maps.numpy(), result.numpy()
        over_batch(lambda first, stop: kernels.slopes(source[first:stop], ctx.nearest, out[first:stop]), len(source))
        return result

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        back = gradient.contiguous()
        result = back.new_empty(len(back), *back.shape[2:])
        source, out = back.numpy(), result.numpy()
        over_batch(lambda first, stop: kernels.slopes_backward(source[first:stop], ctx.nearest, out[first:stop]), len(source))
        return result[:, None], None
