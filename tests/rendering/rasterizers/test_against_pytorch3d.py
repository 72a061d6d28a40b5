"""The CPU rasteriser sees what PyTorch3D sees, pixel by pixel, and passes on the same gradients."""

import sys

import numpy as np
import pytest
import torch
from torch import Tensor

from hiface_pl.errors import AssetError
from hiface_pl.rendering.rasterizers import kernels, pytorch3d
from hiface_pl.rendering.rasterizers.by_device import DeviceRasterizer
from hiface_pl.rendering.rasterizers.cpu import CpuRasterizer
from hiface_pl.rendering.rasterizers.pytorch3d import Pytorch3dRasterizer
from tests.rendering.rasterizers.scenes import KINDS, scene


@pytest.mark.parametrize("seed", range(50))
def test_same_triangles_weights_depth_and_gradients(seed: int) -> None:
    ndc, triangles, size = scene(seed)
    ndc.requires_grad_()
    cull = seed % 3 == 0
    ours, theirs = CpuRasterizer(cull)(ndc, triangles, size), Pytorch3dRasterizer(cull)(ndc, triangles, size)
    assert (ours.triangle >= 0).float().mean() > 0.02
    assert torch.equal(ours.triangle, theirs.triangle)
    assert (ours.weights - theirs.weights).abs().max() <= 1e-5
    torch.testing.assert_close(ours.depth, theirs.depth, rtol=1e-6, atol=0)
    upstream = _upstream(ours.weights), _upstream(ours.depth) / 100
    mine = torch.autograd.grad([ours.weights, ours.depth], ndc, upstream)[0]
    other = torch.autograd.grad([theirs.weights, theirs.depth], ndc, upstream)[0]
    exact = _exact_gradient(ndc, triangles, ours.triangle, *upstream)
    assert _relative(mine, exact) <= 1e-4
    rounding = _relative(other, exact)  # PyTorch3D computes gradients of slivers in single precision
    assert _relative(mine, other) <= max(1e-4, 2 * rounding)
    assert rounding <= 5e-4 or KINDS[seed % len(KINDS)] in {"near", "edge_on"}, rounding


def test_a_missing_pytorch3d_is_one_clear_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pytorch3d", None)
    with pytest.raises(AssetError, match="easypytorch3d"):
        pytorch3d.rasterize_meshes()


def test_the_device_chooses() -> None:
    ndc, triangles, size = scene(0)
    assert torch.equal(DeviceRasterizer()(ndc, triangles, size).triangle, CpuRasterizer()(ndc, triangles, size).triangle)


def _upstream(tensor: Tensor) -> Tensor:
    return torch.randn(tensor.shape, generator=torch.Generator().manual_seed(0))


def _relative(gradient: Tensor, reference: Tensor) -> float:
    """The largest difference, relative to the largest component of the reference at the same vertex."""
    scale = reference.abs().amax(dim=2, keepdim=True).clamp(min=1e-3)
    return float(((gradient - reference).abs() / scale).max())


def _exact_gradient(ndc: Tensor, triangles: Tensor, triangle: Tensor, weights: Tensor, depth: Tensor) -> Tensor:
    """The gradient in double precision over the pixels that were visible in single precision."""
    points = ndc.detach().double()
    result = torch.empty_like(points)
    centres = [axis.astype(np.float64) for axis in kernels.pixel_centres(triangle.shape[1], triangle.shape[2], np.dtype(np.float32))]
    arrays = [tensor.numpy() for tensor in (triangle, weights.double(), depth.double(), result)]
    kernels.rasterize_backward(points.numpy(), triangles.numpy(), *centres, *arrays)
    return result
