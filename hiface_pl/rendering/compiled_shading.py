"""The compiled colours of pixels as one differentiable operation on the CPU."""

from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.autograd.function import once_differentiable

from hiface_pl.rendering import shading_kernels as kernels
from hiface_pl.rendering.shading_curve import encode
from hiface_pl.rendering.threads import over_batch

CONSTANTS = len(kernels.Mesh._fields)


def shade_on_cpu(
    triangle: Int[Tensor, "b h w"],
    mesh: tuple[Tensor, ...],
    weights: Float[Tensor, "b h w 3"],
    vertices: tuple[Float[Tensor, "b v 3"], Float[Tensor, "b t 6"] | None],
    maps: tuple[Float[Tensor, "b 2 s s"] | None, Float[Tensor, "b 3 r r"]],
    lighting: Float[Tensor, "b 9 3"],
) -> tuple[Float[Tensor, "b 3 h w"], Float[Tensor, "b 3 h w"]]:
    """Image and normals; `mesh` in the order of `shading_kernels.Mesh`, `vertices` normals and tangents, `maps` slopes and albedo."""
    normals, tangents = vertices
    slopes, albedo = maps
    if tangents is None or slopes is None:
        tangents, slopes = weights.new_empty(len(weights), 1, 6), weights.new_empty(len(weights), 2, 1, 1)
    return _CompiledShading.apply(triangle, *mesh, weights, normals, tangents, slopes, albedo, lighting)


class _CompiledShading(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, triangle: Tensor, *tensors: Tensor) -> tuple[Tensor, Tensor]:
        mesh = [tensor.contiguous().numpy() for tensor in tensors[:CONSTANTS]]
        inputs = [tensor.contiguous() for tensor in tensors[CONSTANTS:]]
        size = (triangle.shape[0], 3, *triangle.shape[1:])
        linear, normals = inputs[0].new_empty(size), inputs[0].new_empty(size)
        constants = kernels.Mesh(*mesh)
        arrays = [tensor.detach().numpy() for tensor in (triangle, linear, normals)]

        def work(first: int, stop: int) -> None:
            triangles, *outputs = (array[first:stop] for array in arrays)
            kernels.shade_pixels(triangles, constants, _part(inputs, first, stop), *outputs)

        over_batch(work, len(triangle))
        image = encode(linear)
        ctx.constants = constants
        ctx.save_for_backward(triangle, image, *inputs)
        return image, normals

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, image_gradient: Tensor, normals_gradient: Tensor) -> tuple[Tensor | None, ...]:
        triangle, image, *inputs = ctx.saved_tensors
        gradients = [torch.empty_like(tensor) for tensor in inputs]
        arrays = [tensor.numpy() for tensor in (image, image_gradient.contiguous(), normals_gradient.contiguous())]
        seen = triangle.numpy()

        def work(first: int, stop: int) -> None:
            own = (array[first:stop] for array in arrays)
            kernels.shade_pixels_backward(seen[first:stop], ctx.constants, _part(inputs, first, stop), *own, _part(gradients, first, stop))

        over_batch(work, len(triangle))
        return (None,) * (1 + CONSTANTS) + tuple(gradients)


def _part(tensors: list[Tensor], first: int, stop: int) -> Any:
    """The images [first, stop) of the kernels' inputs."""
    return kernels.Inputs(*(tensor.detach().numpy()[first:stop] for tensor in tensors))
