"""Spherical harmonics: orthonormal, and lights that shade as they say."""

import math

import torch

from hiface_pl.rendering.lighting import ambient_light, directional_light, sh_basis, shade


def _sphere() -> torch.Tensor:
    """Evenly spread unit vectors (Fibonacci)."""
    index = torch.arange(20000, dtype=torch.float64) + 0.5
    z, turn = 1 - index / 10000, math.pi * (1 + 5**0.5) * index
    ring = (1 - z * z).sqrt()
    return torch.stack([ring * turn.cos(), ring * turn.sin(), z], -1)


def test_bands_are_orthonormal_and_in_order() -> None:
    sphere = _sphere()
    basis = sh_basis(sphere)
    torch.testing.assert_close(basis.T @ basis * 4 * math.pi / len(sphere), torch.eye(9, dtype=torch.float64), rtol=0, atol=1e-3)
    x, y, z = sh_basis(torch.eye(3)).unbind()
    assert x[3] > 0.4
    assert y[1] > 0.4
    assert z[2] > 0.4
    assert (x - sh_basis(-torch.eye(3))[0]).nonzero().tolist() == [[3]]


def test_directional_light_shades_like_a_clamped_cosine() -> None:
    sphere = _sphere().float()
    direction = torch.tensor([0.3, 0.5, 0.8])
    shading = shade(sphere[None], directional_light([0.3, 0.5, 0.8], (1.0, 0.5, 0.0))[None])[0]
    cosine = (sphere @ torch.nn.functional.normalize(direction, dim=0)).clamp(min=0)
    assert (shading[:, 0] - cosine).abs().max() < 0.1
    torch.testing.assert_close(shading[:, 1], shading[:, 0] / 2)
    assert not shading[:, 2].any()
    assert (shading >= 0).all()


def test_ambient_light_is_the_same_everywhere() -> None:
    shading = shade(_sphere().float()[None, :100], ambient_light((0.1, 0.2, 0.3))[None])
    torch.testing.assert_close(shading, torch.tensor([0.1, 0.2, 0.3]).expand_as(shading))


def test_shading_is_differentiable() -> None:
    normals = torch.nn.functional.normalize(torch.randn(1, 5, 3, dtype=torch.float64), dim=-1).requires_grad_()
    lighting = (ambient_light()[None].double() * 3 + 0.1 * torch.randn(1, 9, 3, dtype=torch.float64)).requires_grad_()
    assert torch.autograd.gradcheck(shade, (normals, lighting))
