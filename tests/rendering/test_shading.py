"""The compiled colours of pixels against the plain ones, values and gradients, and against finite differences."""

from dataclasses import replace

import pytest
import torch
from torch import Tensor

from hiface_pl.rendering.lighting import ambient_light
from hiface_pl.rendering.rasterizers.base import Fragments
from hiface_pl.rendering.shading import Look, MeshTables, shade_fragments, shade_in_torch
from hiface_pl.rendering.shading_curve import encode


def _case(dtype: torch.dtype = torch.float64, size: int = 6) -> tuple[Fragments, MeshTables, Look]:
    """Random values at ten vertices and eight triangles, two of which are not skin; some pixels see the background."""
    generator = torch.Generator().manual_seed(0)

    def random(*shape: int) -> Tensor:
        return torch.randn(*shape, generator=generator, dtype=torch.float64).to(dtype)

    triangle = torch.randint(-2, 8, (2, size, size), generator=generator).clamp(min=-1)
    weights = random(2, size, size, 3).softmax(-1) * (triangle >= 0)[..., None]
    triangles = torch.randint(0, 10, (8, 3), generator=generator)
    uv_triangles = torch.randint(0, 12, (8, 3), generator=generator)
    uv = random(12, 2) * 0.3 + 0.5
    mesh = MeshTables(triangles, uv_triangles, uv, torch.arange(8) > 1, random(8, 3).sigmoid())
    light = ambient_light((0.9, 0.7, 0.5)).to(dtype) + 0.15 * random(2, 9, 3)
    look = Look(random(2, 10, 3), random(2, 3, 5, 5).sigmoid() * 0.5, light, random(2, 12, 6), 0.3 * random(2, 2, 7, 7))
    return Fragments(triangle, weights, weights[..., 0]), mesh, look


@pytest.mark.parametrize("detail", [True, False])
def test_compiled_and_plain_agree(detail: bool) -> None:
    fragments, mesh, look = _case()
    if not detail:
        look = replace(look, tangents=None, slopes=None)
    leaves = [fragments.weights, *(value for value in vars(look).values() if value is not None)]
    for leaf in leaves:
        leaf.requires_grad_()
    upstream = [torch.randn(2, 3, 6, 6, dtype=torch.float64) for _ in range(2)]
    results = []
    for shade in (shade_fragments, shade_in_torch):
        outputs = shade(fragments, mesh, look)
        results.append([*outputs, *torch.autograd.grad(outputs, leaves, upstream)])
    seen = (fragments.triangle >= 0)[..., None]
    results[1][2] = results[1][2] * seen
    for compiled, plain in zip(*results, strict=True):
        torch.testing.assert_close(compiled, plain, rtol=1e-6, atol=1e-8)
    assert results[0][0].max() > 0.5


def test_gradients_are_those_of_finite_differences() -> None:
    fragments, mesh, look = _case(size=3)
    names = [name for name in vars(look) if name != "normals"]
    leaves = [getattr(look, name).requires_grad_() for name in names] + [look.normals.requires_grad_()]

    def image(*values: Tensor) -> tuple[Tensor, Tensor]:
        return shade_fragments(fragments, mesh, replace(look, **dict(zip([*names, "normals"], values, strict=True))))

    assert torch.autograd.gradcheck(image, leaves, atol=1e-5)


def test_single_precision_and_threads() -> None:
    fragments, mesh, look = _case(torch.float32)
    exact = shade_fragments(*_case())
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    image, normals = shade_fragments(fragments, mesh, look)
    torch.set_num_threads(before)
    torch.testing.assert_close(image.double(), exact[0], rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(normals.double(), exact[1], rtol=1e-4, atol=1e-4)


def test_the_display_curve_has_a_finite_slope_at_black() -> None:
    values = torch.tensor([0.0, 1e-6, 0.5, 1.0, 2.0], requires_grad=True)
    encoded = encode(values)
    torch.testing.assert_close(encoded[2:], torch.tensor([0.5 ** (1 / 2.2), 1.0, 1.0]))
    slope = torch.autograd.grad(encoded.sum(), values)[0]
    assert slope.isfinite().all()
    assert slope[1] > 10
    assert slope[4] == 0
