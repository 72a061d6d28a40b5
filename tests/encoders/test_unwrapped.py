"""The second look: what it sees of a face that is in place, what it solves for, and what it learns from."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from hiface_pl.details.read_poles import ReadPoles
from hiface_pl.encoders.landmark import LandmarkEncoder
from hiface_pl.encoders.pooled import PooledEncoder
from hiface_pl.encoders.shading import shading_polynomial
from hiface_pl.encoders.shading_solve import ShadingSolve
from hiface_pl.encoders.unwrapped import UnwrappedEncoder
from hiface_pl.encoders.unwrapping import CHANNELS, MULTIPLE, UnwrappedSurface
from hiface_pl.encoders.weights import Scratch
from hiface_pl.errors import ConfigError
from hiface_pl.rendering.lighting import ambient_light, directional_light, sh_basis
from hiface_pl.rendering.renderer import Renderer
from hiface_pl.shapes.linear import LinearShape
from hiface_pl.types import Coefficients, Pose, Shape
from tests.tiny import tiny_assets

SIZE = 96


def encoder(freeze: bool = True) -> UnwrappedEncoder:
    torch.manual_seed(0)
    made = UnwrappedEncoder(PooledEncoder(Scratch(), backbone="mobilenetv3_small_050"), freeze, step=1, widths=(8, 8), squeeze=4, hidden=16)
    made.bind(tiny_assets())
    return made


def face(batch: int = 3) -> Coefficients:
    """Faces in light from the side, in the middle of the image."""
    assets = tiny_assets()
    light = ambient_light((0.2, 0.2, 0.2)) + directional_light((0.6, 0.5, 0.6), (0.8, 0.8, 0.8))
    generator = torch.Generator().manual_seed(3)
    return Coefficients(
        identity=0.5 * torch.randn(batch, len(assets.model.identity_basis), generator=generator),
        expression=torch.zeros(batch, len(assets.model.expression_basis)),
        static=torch.zeros(batch, len(assets.detail.static.basis)),
        albedo=torch.zeros(batch, len(assets.albedo.basis)),
        lighting=light.repeat(batch, 1, 1),
        pose=Pose(0.1 * torch.randn(batch, 3, generator=generator), torch.tensor([[0.0, 0.0, -1000.0]]).repeat(batch, 1)),
    )


def drawn(coefficients: Coefficients, displacement: torch.Tensor | None = None) -> torch.Tensor:
    assets = tiny_assets()
    renderer, shape = Renderer(), LinearShape()
    renderer.bind(assets)
    shape.bind(assets)
    made: Shape = shape(coefficients)
    image: torch.Tensor = renderer(made.expressive, coefficients, displacement, SIZE).image
    return image


def test_the_polynomial_is_the_harmonics() -> None:
    normals = torch.nn.functional.normalize(torch.randn(4, 3, 20, generator=torch.Generator().manual_seed(1)), dim=1)
    grey = torch.randn(4, 9, generator=torch.Generator().manual_seed(2))
    constant, linear, quadratic = shading_polynomial(grey)
    found = constant[:, 0] + ((linear + quadratic @ normals) * normals).sum(dim=1)
    torch.testing.assert_close(found, torch.einsum("bnk,bk->bn", sh_basis(normals.mT), grey))


def test_a_rendering_of_the_face_itself_leaves_nothing_unexplained() -> None:
    coefficients = face()
    surface = UnwrappedSurface(tiny_assets(), step=1)
    assert surface.height % MULTIPLE == surface.width % MULTIPLE == 0
    seen = surface(drawn(coefficients), coefficients)
    assert seen.maps.shape == (3, CHANNELS, surface.height, surface.width)
    inside = (slice(None), 0, slice(8, -8), slice(8, -8))
    assert seen.unexplained[inside].abs().mean() < 0.02
    moved = replace(coefficients, pose=Pose(coefficients.pose.rotation, coefficients.pose.translation + torch.tensor([40.0, 0, 0])))
    assert surface(drawn(coefficients), moved).unexplained[inside].abs().mean() > 0.04


def test_the_solve_finds_the_wrinkles_that_were_drawn() -> None:
    assets = tiny_assets()
    coefficients = face(batch=8)
    surface = UnwrappedSurface(assets, step=1)
    solve = ShadingSolve(assets, surface)
    static = 2 * torch.randn(8, len(assets.detail.static.basis), generator=torch.Generator().manual_seed(4))
    values = torch.from_numpy(assets.detail.static.mean) + static @ torch.from_numpy(assets.detail.static.basis)
    maps = torch.zeros(8, assets.detail.size**2)
    maps[:, torch.from_numpy(assets.detail.texels).long()] = values
    found = solve(surface(drawn(coefficients, maps.view(8, 1, assets.detail.size, assets.detail.size)), coefficients), coefficients)
    correlation = np.corrcoef(found[:, : static.shape[1]].numpy().ravel(), static.numpy().ravel())[0, 1]
    assert correlation > 0.5


def test_step_0_is_the_coarse_face_with_mean_wrinkles() -> None:
    made = encoder().eval()
    image = torch.rand(2, 3, 64, 64)
    found, coarse = made(image).coefficients, made.coarse(image).coefficients
    torch.testing.assert_close(found.identity, coarse.identity)
    torch.testing.assert_close(found.pose.translation, coarse.pose.translation)
    assert found.compressed is not None
    assert not found.static.any()
    assert not found.compressed.any()


def test_a_frozen_coarse_encoder_neither_learns_nor_follows_its_batches() -> None:
    made = encoder().train()
    before = {name: value.clone() for name, value in made.coarse.state_dict().items()}
    found = made(torch.rand(4, 3, 64, 64))
    (found.coefficients.identity.sum() + found.coefficients.static.sum() + found.amplitude.sum()).backward()
    assert all(torch.equal(value, made.coarse.state_dict()[name]) for name, value in before.items())
    assert all(parameter.grad is None for parameter in made.coarse.parameters())
    assert made.correct.out.weight.grad is not None
    assert made.read.out.weight.grad is not None


def test_losses_on_wrinkles_do_not_move_the_face() -> None:
    made = encoder(freeze=False).train()
    torch.nn.init.normal_(made.read.out.weight)
    made(torch.rand(4, 3, 64, 64)).coefficients.static.square().sum().backward()
    assert all(parameter.grad is None or not parameter.grad.any() for parameter in made.correct.parameters())
    assert made.read.mix[0].weight.grad.any()


def test_poles_that_nothing_read_are_refused_with_the_encoder_that_reads_them() -> None:
    head = ReadPoles()
    head.bind(tiny_assets())
    with pytest.raises(ConfigError, match="UnwrappedEncoder"):
        head.spanned(face())
    read = replace(face(), compressed=torch.ones(3, 5), stretched=torch.zeros(3, 5))
    assert torch.equal(head.spanned(read).compressed, torch.ones(3, 5))


def test_geometry_pretraining_finds_the_landmark_encoder_inside() -> None:
    inner = LandmarkEncoder(Scratch(), "mobilenetv3_small_050", landmarks=80, width=16, hidden=32, layers=2)
    made = UnwrappedEncoder(inner, step=1, widths=(8, 8), squeeze=4, hidden=16)
    assert [part for part in made.modules() if isinstance(part, LandmarkEncoder)] == [inner]
