"""The conversions to and from nvdiffrast, with a stand-in for the package that follows its documentation on the CPU."""

import copy
import sys
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest
import torch
from torch import Tensor

from hiface_pl.errors import ConfigError
from hiface_pl.rendering.rasterizers import nvdiffrast
from hiface_pl.rendering.rasterizers.cpu import CpuRasterizer
from hiface_pl.rendering.rasterizers.nvdiffrast import NvdiffrastRasterizer
from tests.rendering.rasterizers.scenes import scene

GRID = 4


def _rasterize(_: object, clip: Tensor, triangles: Tensor, resolution: tuple[int, int], grad_db: bool) -> tuple[Tensor, None]:
    """OpenGL by brute force: (u, v, z / w, triangle + 1) of the nearest triangle; the first row is the lowest."""
    assert triangles.dtype == torch.int32
    assert clip.dtype == torch.float32
    assert not grad_db
    height, width = resolution
    y, x = torch.meshgrid((torch.arange(height) + 0.5) / height * 2 - 1, (torch.arange(width) + 0.5) / width * 2 - 1, indexing="ij")
    corner = clip[:, triangles.long()]
    flat, w = corner[..., :2] / corner[..., 3:], corner[..., 3]
    images = []
    for points, depths, heights in zip(flat, w, corner[..., 2] / w, strict=True):
        p = [points[:, k, :, None, None] for k in range(3)]
        edges = [_cross(p[(k + 1) % 3], p[(k + 2) % 3], x, y) for k in range(3)]
        inside = (torch.stack(edges).sign().sum(0).abs() == 3) & (heights.abs().amax(1) <= 1)[:, None, None]
        shares = torch.stack([edge / depths[:, k, None, None] for k, edge in enumerate(edges)])
        shares = shares / _nonzero(shares.sum(0))
        screen = torch.stack(edges) / _nonzero(torch.stack(edges).sum(0))
        z = (screen * heights.T[:, :, None, None]).sum(0).masked_fill(~inside, torch.inf)
        z, first = z.min(0)
        u, v = (torch.where(z.isfinite(), shares[k].gather(0, first[None])[0], 0) for k in range(2))
        images.append(torch.stack([u, v, z.nan_to_num(posinf=0), torch.where(z.isfinite(), first + 1, 0).float()], -1))
    return torch.stack(images), None


def _nonzero(total: Tensor) -> Tensor:
    return torch.where(total == 0, 1, total)


def _cross(a: Tensor, b: Tensor, x: Tensor, y: Tensor) -> Tensor:
    return (b[:, 0] - a[:, 0]) * (y - a[:, 1]) - (b[:, 1] - a[:, 1]) * (x - a[:, 0])


@pytest.fixture
def stand_in(monkeypatch: pytest.MonkeyPatch) -> None:
    package, module = ModuleType("nvdiffrast"), ModuleType("nvdiffrast.torch")
    module.rasterize = _rasterize  # type: ignore[attr-defined]
    package.torch = module  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "nvdiffrast", package)
    monkeypatch.setitem(sys.modules, "nvdiffrast.torch", module)
    monkeypatch.setattr(nvdiffrast, "context", lambda device: SimpleNamespace(device=device))


@pytest.mark.parametrize("seed", [GRID, GRID + 5, GRID + 10])
@pytest.mark.usefixtures("stand_in")
def test_the_same_fragments_and_gradients_as_on_the_cpu(seed: int) -> None:
    """Square, wide and tall images; a turned surface, so that a wrong corner order or a mirrored axis would show."""
    ndc, triangles, size = scene(seed)
    leaves = [ndc.clone().requires_grad_() for _ in range(2)]
    ours = CpuRasterizer()(leaves[0], triangles, size)
    theirs = NvdiffrastRasterizer()(leaves[1], triangles, size)
    same = ours.triangle == theirs.triangle
    assert same.float().mean() > 0.999
    torch.testing.assert_close(ours.weights[same], theirs.weights[same], rtol=0, atol=2e-3)
    torch.testing.assert_close(ours.depth[same], theirs.depth[same], rtol=1e-4, atol=1e-2)
    upstream = torch.randn(ours.weights.shape, generator=torch.Generator().manual_seed(0)) * same[..., None]
    pairs = zip((ours, theirs), leaves, strict=True)
    mine, other = (torch.autograd.grad((f.weights * upstream).sum() + (f.depth * same).sum(), leaf)[0] for f, leaf in pairs)
    assert torch.nn.functional.cosine_similarity(mine.flatten(), other.flatten(), dim=0) > 0.999


@pytest.mark.usefixtures("stand_in")
def test_backs_can_be_left_out() -> None:
    ndc, triangles, size = scene(GRID)
    both, front = NvdiffrastRasterizer()(ndc, triangles, size), NvdiffrastRasterizer(cull_backfaces=True)(ndc, triangles, size)
    hidden = (both.triangle >= 0) & (front.triangle < 0)
    assert 0.05 < hidden.float().mean() < 0.95
    assert not front.weights[hidden].any()
    assert not front.depth[hidden].any()
    culled = CpuRasterizer(cull_backfaces=True)(ndc, triangles, size).triangle
    seen = front.triangle >= 0
    assert (front.triangle[seen] == culled[seen]).float().mean() > 0.999


def test_corners_of_the_image_in_clip_space() -> None:
    ndc = torch.tensor([[[2.0, 1.0, 4.0], [-2.0, -1.0, 8.0]]])  # the upper left and lower right corner of an image twice as wide as high
    clip = nvdiffrast.to_clip(ndc, (10, 20))
    np.testing.assert_allclose(clip[0, :, :2] / clip[0, :, 3:], [[-1, 1], [1, -1]])
    np.testing.assert_allclose(clip[0, :, 3], [4, 8])
    depths = clip[0, :, 2] / clip[0, :, 3]
    assert -1 < depths[0] < -0.98
    assert 0.98 < depths[1] < 1


def test_missing_package_or_device_is_one_clear_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    ndc, triangles, size = scene(GRID)
    monkeypatch.setitem(sys.modules, "nvdiffrast", None)
    with pytest.raises(ConfigError, match="NVlabs/nvdiffrast"):
        NvdiffrastRasterizer()(ndc, triangles, size)
    package = ModuleType("nvdiffrast.torch")
    parent = ModuleType("nvdiffrast")
    parent.torch = package  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "nvdiffrast", parent)
    monkeypatch.setitem(sys.modules, "nvdiffrast.torch", package)
    with pytest.raises(ConfigError, match="CUDA devices only"):
        copy.deepcopy(NvdiffrastRasterizer())(ndc, triangles, size)
