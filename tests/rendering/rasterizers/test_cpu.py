"""What the CPU rasteriser promises besides agreeing with PyTorch3D."""

import numpy as np
import torch

from hiface_pl.rendering.rasterizers import kernels
from hiface_pl.rendering.rasterizers.cpu import CpuRasterizer
from tests.rendering.rasterizers.scenes import scene


def test_gradient_agrees_with_finite_differences() -> None:
    corners = torch.tensor(
        [[[0.9, -0.8, 3.0], [-0.9, -0.7, 5.0], [0.1, 0.9, 4.0], [-0.8, 0.8, 2.5]]], dtype=torch.float64, requires_grad=True
    )
    triangles = torch.tensor([[0, 1, 2], [2, 1, 3]])

    def visible(ndc: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        fragments = CpuRasterizer()(ndc, triangles, (9, 12))
        return fragments.weights, fragments.depth

    assert torch.autograd.gradcheck(visible, corners, eps=1e-7, atol=1e-6)


def test_weights_and_depth_of_a_tilted_plane() -> None:
    """Depth is perspective: 1 / z, not z, is linear over the image."""
    ndc = torch.tensor([[[3.0, 3.0, 2.0], [-3.0, 3.0, 2.0], [0.0, -6.0, 8.0]]])
    fragments = CpuRasterizer()(ndc, torch.tensor([[0, 1, 2]]), (16, 16))
    rows = (1 / fragments.depth[0, :, 8]).diff()
    torch.testing.assert_close(rows, rows[:1].expand_as(rows), rtol=1e-3, atol=0)
    torch.testing.assert_close(fragments.weights.sum(-1), torch.ones(1, 16, 16))
    torch.testing.assert_close(fragments.depth, fragments.weights @ ndc[0, :, 2])


def test_background_is_minus_one_and_zero() -> None:
    ndc = torch.tensor([[[5.0, 5.0, 2.0], [4.0, 5.0, 2.0], [5.0, 4.0, 2.0]]], requires_grad=True)
    fragments = CpuRasterizer()(ndc, torch.tensor([[0, 1, 2]]), (8, 10))
    assert fragments.triangle.shape == (1, 8, 10)
    assert (fragments.triangle == -1).all()
    assert not fragments.weights.any()
    assert not fragments.depth.any()
    (fragments.depth.sum() + fragments.weights.sum()).backward()
    assert not ndc.grad.any()


def test_vertices_that_are_not_finite_draw_nothing_and_break_nothing() -> None:
    ndc, triangles, size = scene(4)
    broken = ndc.clone()
    broken[0, 3] = float("nan")
    broken[0, 40] = float("inf")
    broken[0, 41, 0] = 1e30
    fragments = CpuRasterizer()(broken, triangles, size)
    assert fragments.depth.isfinite().all()
    touched = (triangles[:, :, None] == torch.tensor([3, 40])).any(-1).any(-1)
    assert not touched[fragments.triangle[0].clamp(min=0)][fragments.triangle[0] >= 0].any()


def test_threads_change_nothing() -> None:
    ndc, triangles, size = scene(9)
    ndc = ndc.repeat(3, 1, 1).requires_grad_()
    results = []
    before = torch.get_num_threads()
    for threads in (1, 4):
        torch.set_num_threads(threads)
        fragments = CpuRasterizer()(ndc, triangles, size)
        results.append((fragments.triangle, fragments.weights, torch.autograd.grad(fragments.depth.sum(), ndc)[0]))
    torch.set_num_threads(before)
    for one, many in zip(*results, strict=True):
        assert torch.equal(one, many)


def test_the_kernel_for_generators_is_the_same_kernel() -> None:
    ndc, triangles, size = scene(14)
    fragments = CpuRasterizer()(ndc, triangles, size)
    triangle, weights, depth = kernels.zbuffer(ndc[1].numpy(), triangles.numpy().astype(np.int32), *size)
    np.testing.assert_array_equal(triangle, fragments.triangle[1].numpy())
    np.testing.assert_array_equal(weights, fragments.weights[1].numpy())
    np.testing.assert_array_equal(depth, fragments.depth[1].numpy())
