"""Vertex values at pixels: weighted sums over the corners of the triangle that a pixel sees."""

from typing import Any, no_type_check

import numba
import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.autograd.function import once_differentiable

from hiface_pl.rendering.rasterizers.base import Fragments
from hiface_pl.rendering.threads import over_batch


def interpolate(fragments: Fragments, attributes: Float[Tensor, "#b v c"], triangles: Int[Tensor, "m 3"]) -> Float[Tensor, "b h w c"]:
    """Values of `attributes` at every pixel, 0 in the background; differentiable with respect to weights and attributes.

    Row t of `triangles` names the three rows of `attributes` that belong to the corners of triangle t; they may be texture coordinates
    with an index of their own. Attributes with a batch of one are shared by all images.
    """
    if attributes.device.type == "cpu":
        return _CompiledInterpolation.apply(fragments.triangle, fragments.weights, attributes, triangles)
    return interpolate_in_torch(fragments, attributes, triangles)


def interpolate_in_torch(
    fragments: Fragments, attributes: Float[Tensor, "#b v c"], triangles: Int[Tensor, "m 3"]
) -> Float[Tensor, "b h w c"]:
    """`interpolate` by tensor operations: for accelerators, and what the compiled version is compared with."""
    corners = triangles[fragments.triangle.clamp(min=0)]
    first = torch.arange(len(attributes), device=attributes.device)[:, None, None, None] * attributes.shape[1]
    values = attributes.flatten(0, 1)[corners + first]
    return (fragments.weights[..., None] * values).sum(dim=3)


class _CompiledInterpolation(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, triangle: Tensor, weights: Tensor, attributes: Tensor, triangles: Tensor) -> Tensor:
        triangle, weights, attributes, triangles = (tensor.contiguous() for tensor in (triangle, weights, attributes, triangles))
        values = weights.new_empty(*triangle.shape, attributes.shape[2])
        ctx.save_for_backward(triangle, weights, attributes, triangles)
        source, index = attributes.detach().numpy(), triangles.numpy()
        arrays = [tensor.detach().numpy() for tensor in (triangle, weights, values)]

        def work(first: int, stop: int) -> None:
            own = source if len(source) == 1 else source[first:stop]
            _forward(index, own, *(array[first:stop] for array in arrays))

        over_batch(work, len(triangle))
        return values

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[None, Tensor, Tensor | None, None]:
        triangle, weights, attributes, triangles = ctx.saved_tensors
        wanted = ctx.needs_input_grad[2]
        weights_gradient = torch.empty_like(weights)
        attributes_gradient = attributes.new_zeros(len(triangle) if wanted else 0, *attributes.shape[1:])
        source, index = attributes.numpy(), triangles.numpy()
        arrays = [tensor.numpy() for tensor in (triangle, weights, gradient.contiguous(), weights_gradient)]
        target = attributes_gradient.numpy()

        def work(first: int, stop: int) -> None:
            own = source if len(source) == 1 else source[first:stop]
            _backward(index, own, *(array[first:stop] for array in arrays), target[first:stop])

        over_batch(work, len(triangle))
        if not wanted:
            return None, weights_gradient, None, None
        shared = len(attributes) == 1
        return None, weights_gradient, attributes_gradient.sum(dim=0, keepdim=True) if shared else attributes_gradient, None


@numba.njit(nogil=True, cache=True, error_model="numpy")
@no_type_check
def _forward(triangles, attributes, triangle, weights, values):
    shared = attributes.shape[0] == 1
    for n in range(triangle.shape[0]):
        source = attributes[0] if shared else attributes[n]
        for r in range(triangle.shape[1]):
            for c in range(triangle.shape[2]):
                t = triangle[n, r, c]
                if t < 0:
                    values[n, r, c] = 0
                    continue
                i, j, k = triangles[t, 0], triangles[t, 1], triangles[t, 2]
                u, v, w = weights[n, r, c, 0], weights[n, r, c, 1], weights[n, r, c, 2]
                for a in range(source.shape[1]):
                    values[n, r, c, a] = u * source[i, a] + v * source[j, a] + w * source[k, a]


@numba.njit(nogil=True, cache=True, error_model="numpy")
@no_type_check
def _backward(triangles, attributes, triangle, weights, gradient, weights_gradient, attributes_gradient):
    """Writes the gradient of the weights, and adds that of the attributes unless its batch is empty."""
    shared, wanted = attributes.shape[0] == 1, attributes_gradient.shape[0] > 0
    for n in range(triangle.shape[0]):
        source = attributes[0] if shared else attributes[n]
        target = attributes_gradient[n] if wanted else attributes_gradient.reshape(-1, source.shape[1])
        for r in range(triangle.shape[1]):
            for c in range(triangle.shape[2]):
                t = triangle[n, r, c]
                if t < 0:
                    weights_gradient[n, r, c] = 0
                    continue
                i, j, k = triangles[t, 0], triangles[t, 1], triangles[t, 2]
                u, v, w = weights[n, r, c, 0], weights[n, r, c, 1], weights[n, r, c, 2]
                p = q = s = gradient.dtype.type(0)
                for a in range(source.shape[1]):
                    g = gradient[n, r, c, a]
                    p, q, s = p + g * source[i, a], q + g * source[j, a], s + g * source[k, a]
                    if wanted:
                        target[i, a] += g * u
                        target[j, a] += g * v
                        target[k, a] += g * w
                weights_gradient[n, r, c, 0] = p
                weights_gradient[n, r, c, 1] = q
                weights_gradient[n, r, c, 2] = s
