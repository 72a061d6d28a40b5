"""Interpolated attributes: values, gradients, and the compiled and the plain path against each other."""

import torch

from hiface_pl.rendering.interpolation import interpolate, interpolate_in_torch
from hiface_pl.rendering.rasterizers.base import Fragments
from hiface_pl.rendering.rasterizers.cpu import CpuRasterizer
from tests.rendering.rasterizers.scenes import scene


def _fragments() -> tuple[Fragments, torch.Tensor]:
    ndc, triangles, size = scene(4)
    return CpuRasterizer()(ndc, triangles, size), triangles


def test_values_are_weighted_sums_and_zero_outside() -> None:
    fragments, triangles = _fragments()
    attributes = torch.randn(2, int(triangles.max()) + 1, 5)
    values = interpolate(fragments, attributes, triangles)
    torch.testing.assert_close(values, interpolate_in_torch(fragments, attributes, triangles))
    assert not values[fragments.triangle < 0].any()
    row, column = (fragments.triangle[1] >= 0).nonzero()[7]
    corners, weights = triangles[fragments.triangle[1, row, column]], fragments.weights[1, row, column]
    torch.testing.assert_close(values[1, row, column], weights @ attributes[1, corners])


def test_gradients_of_own_and_shared_attributes() -> None:
    fragments, triangles = _fragments()
    for batch in (1, 2):
        attributes = torch.randn(batch, int(triangles.max()) + 1, 4, requires_grad=True)
        weights = fragments.weights.clone().requires_grad_()
        own = Fragments(fragments.triangle, weights, fragments.depth)
        upstream = torch.randn(*fragments.triangle.shape, 4)
        ours = torch.autograd.grad(interpolate(own, attributes, triangles), (weights, attributes), upstream)
        expected = torch.autograd.grad(interpolate_in_torch(own, attributes, triangles), (weights, attributes), upstream)
        seen = (fragments.triangle >= 0)[..., None]
        torch.testing.assert_close(ours[0], expected[0] * seen, rtol=1e-4, atol=1e-5)
        torch.testing.assert_close(ours[1], expected[1], rtol=1e-4, atol=1e-4)


def test_gradcheck_in_double_precision() -> None:
    triangle = torch.tensor([[[0, 1, -1]], [[1, 1, 0]]])
    weights = torch.rand(2, 1, 3, 3, dtype=torch.float64, requires_grad=True)
    attributes = torch.randn(2, 4, 2, dtype=torch.float64, requires_grad=True)
    triangles = torch.tensor([[0, 1, 2], [2, 1, 3]])

    def values(weights: torch.Tensor, attributes: torch.Tensor) -> torch.Tensor:
        return interpolate(Fragments(triangle, weights * (triangle >= 0)[..., None], weights[..., 0]), attributes, triangles)

    assert torch.autograd.gradcheck(values, (weights, attributes))
