"""Normals tilted by a displacement map against normals of the surface that is really displaced."""

import numpy as np
import torch

from hiface_pl.rendering.albedo import sample_map
from hiface_pl.rendering.detail_normals import DualTangents, Slopes, perturb
from tests.tiny import MAP, tiny_assets


def _bound(kind: type) -> torch.nn.Module:
    module = kind()
    module.bind(tiny_assets())
    return module


def test_dual_tangents_are_dual_to_the_surface_derivatives() -> None:
    """A sheared plane x = 100 u + 40 v, y = 80 v: P_u = (100, 0, 0), P_v = (40, 80, 0)."""
    model = tiny_assets().model
    u, v = model.uv.T
    plane = np.stack([100 * u + 40 * v, 80 * v, 0 * u], 1).astype(np.float32)
    tangents = _bound(DualTangents)(torch.from_numpy(plane)[None])[0]
    along = torch.tensor([[100.0, 0, 0], [40.0, 80, 0]])
    torch.testing.assert_close(tangents[:, :3] @ along.T, torch.tensor([1.0, 0]).expand(len(u), 2), rtol=0, atol=1e-4)
    torch.testing.assert_close(tangents[:, 3:] @ along.T, torch.tensor([0.0, 1]).expand(len(u), 2), rtol=0, atol=1e-4)


def test_slopes_of_a_ramp() -> None:
    centre = (torch.arange(MAP) + 0.5) / MAP
    ramp = (3 * centre[None, :] + 5 * centre.flip(0)[:, None])[None, None]
    slopes = _bound(Slopes)(ramp)[0, :, 6:-6, 6:-6]
    torch.testing.assert_close(slopes[0], torch.full_like(slopes[0], 3.0), rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(slopes[1], torch.full_like(slopes[1], 5.0), rtol=1e-4, atol=1e-4)


def test_what_lies_outside_the_chart_does_not_matter() -> None:
    assets = tiny_assets()
    slopes = _bound(Slopes)
    outside = torch.from_numpy(~assets.atlas.covered)
    assert outside.any()
    torch.testing.assert_close(slopes(torch.where(outside, 1e6, 0.0)[None, None]), torch.zeros(1, 2, MAP, MAP))


def test_tilted_normals_are_those_of_the_displaced_surface() -> None:
    """On the plane (100 u, 100 v, 0) with D = sin(12 u + 7 v) the exact normal is (-D_x, -D_y, 1)."""
    model = tiny_assets().model
    u, v = torch.from_numpy(model.uv).unbind(1)
    plane = torch.stack([100 * u, 100 * v, 0 * u], 1)[None]
    centre = (torch.arange(MAP) + 0.5) / MAP
    displacement = (12 * centre[None, :] + 7 * centre.flip(0)[:, None]).sin()[None, None]
    inner = ((u - 0.5).abs() < 0.35) & ((v - 0.5).abs() < 0.35)
    slopes = sample_map(_bound(Slopes)(displacement), torch.stack([u, v], -1)[None, None])[0, :, 0].T[inner]
    normals = perturb(torch.tensor([0.0, 0, 1]).expand(len(slopes), 3), _bound(DualTangents)(plane)[0, inner], slopes)
    wave = (12 * u + 7 * v)[inner].cos() / 100
    exact = torch.nn.functional.normalize(torch.stack([-12 * wave, -7 * wave, torch.ones_like(wave)], -1), dim=-1)
    assert (normals - exact).abs().max() < 0.01


def test_gradients() -> None:
    tangents, slopes = _bound(DualTangents).double(), _bound(Slopes)
    vertices = torch.from_numpy(tiny_assets().model.mean).double()[None, None]
    moves = torch.randn(3, *vertices.shape[1:], dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    amount = torch.randn(1, 3, dtype=torch.float64, requires_grad=True)
    height = torch.randn(1, 3, dtype=torch.float64, requires_grad=True)
    waves = torch.randn(3, 1, MAP, MAP, dtype=torch.float64, generator=torch.Generator().manual_seed(1))

    def tilted(amount: torch.Tensor, height: torch.Tensor) -> torch.Tensor:
        moved = vertices[0] + torch.einsum("bk,kbvc->bvc", amount[..., None][..., 0], moves[:, :1])
        slope = slopes(torch.einsum("bk,kcxy->bcxy", height, waves))[0, :, 5:8, 5:8].flatten(1).T
        return perturb(torch.tensor([0.0, 0, 1], dtype=torch.float64).expand(9, 3), tangents(moved)[0, 100:109], slope)

    assert torch.autograd.gradcheck(tilted, (amount, height))
