"""The renderer draws the tiny face, and its gradients reach everything."""

from dataclasses import replace

import pytest
import torch
from torch import Tensor

from hiface_pl.face_models.face_assets import FaceAssets
from hiface_pl.rendering.lighting import ambient_light, directional_light
from hiface_pl.rendering.rasterizers.pytorch3d import Pytorch3dRasterizer
from hiface_pl.rendering.renderer import Renderer
from hiface_pl.types import Coefficients, Pose
from tests.tiny import MAP, tiny_assets


@pytest.fixture(scope="module")
def assets() -> FaceAssets:
    return tiny_assets()


@pytest.fixture(scope="module")
def renderer(assets: FaceAssets) -> Renderer:
    renderer = Renderer()
    renderer.bind(assets)
    return renderer


def _coefficients(batch: int) -> Coefficients:
    light = ambient_light((0.4, 0.4, 0.4)) + directional_light((0.4, 0.3, 1.0), (0.8, 0.8, 0.8))
    pose = Pose(torch.tensor([[0.1, 0.2, 0.0]]).repeat(batch, 1), torch.tensor([[0.0, 0.0, -930.0]]).repeat(batch, 1))
    empty = torch.zeros(batch, 4)
    return Coefficients(empty, empty, empty, torch.zeros(batch, 3), light[None].repeat(batch, 1, 1), pose)


def _vertices(assets: FaceAssets, batch: int) -> Tensor:
    return torch.from_numpy(assets.model.mean)[None].repeat(batch, 1, 1)


def test_a_face_in_the_middle_and_nothing_around_it(assets: FaceAssets, renderer: Renderer) -> None:
    rendering = renderer(_vertices(assets, 2), _coefficients(2), None, 48)
    assert rendering.image.shape == (2, 3, 48, 48)
    covered = rendering.mask.bool()
    assert covered[:, 0, 24, 24].all()
    assert not covered[:, 0, 0, 0].any()
    assert 0.3 < rendering.mask.mean() < 0.9
    assert torch.equal(rendering.mask, rendering.skin)
    assert (rendering.depth[covered] > 800).all()
    for field in (rendering.image, rendering.depth, rendering.normals):
        assert not field[~covered.expand_as(field)].any()
        assert field[covered.expand_as(field)].abs().min() >= 0
    norm = rendering.normals.norm(dim=1, keepdim=True)
    torch.testing.assert_close(norm[covered], torch.ones_like(norm[covered]))
    assert 0.2 < rendering.image[covered.expand_as(rendering.image)].mean() < 0.95
    torch.testing.assert_close(rendering.image[0], rendering.image[1])


def test_gradients_reach_everything(assets: FaceAssets, renderer: Renderer) -> None:
    coefficients = _coefficients(2)
    leaves = {
        "vertices": _vertices(assets, 2),
        "rotation": coefficients.pose.rotation,
        "translation": coefficients.pose.translation,
        "lighting": coefficients.lighting,
        "albedo": coefficients.albedo,
        "displacement": 0.1 * torch.randn(2, 1, MAP, MAP, generator=torch.Generator().manual_seed(0)),
    }
    leaves = {name: leaf.clone().requires_grad_() for name, leaf in leaves.items()}
    pose = Pose(leaves["rotation"], leaves["translation"])
    changed = replace(coefficients, pose=pose, lighting=leaves["lighting"], albedo=leaves["albedo"])
    image = renderer(leaves["vertices"], changed, leaves["displacement"], 40).image
    weights = torch.rand(image.shape, generator=torch.Generator().manual_seed(1))
    for name, gradient in zip(leaves, torch.autograd.grad((image * weights).sum(), list(leaves.values())), strict=True):
        assert gradient.isfinite().all(), name
        assert gradient.abs().amax(dim=tuple(range(1, gradient.ndim))).min() > 0, name


def test_gradients_of_light_albedo_and_detail_are_those_of_finite_differences(assets: FaceAssets) -> None:
    exact = Renderer()
    exact.bind(assets)
    exact.double()
    base = _coefficients(1)
    pose = Pose(base.pose.rotation.double(), base.pose.translation.double())

    def draw(lighting: Tensor, albedo: Tensor, scale: Tensor) -> Tensor:
        coefficients = Coefficients(base.identity, base.expression, base.static, albedo, lighting, pose)
        displacement = scale * torch.linspace(0, 9, MAP * MAP, dtype=torch.float64).sin().reshape(1, 1, MAP, MAP)
        return exact(_vertices(assets, 1).double(), coefficients, displacement, 12).image

    leaves = base.lighting.double(), base.albedo.double(), torch.full((1,), 0.2, dtype=torch.float64)
    assert torch.autograd.gradcheck(draw, [leaf.requires_grad_() for leaf in leaves], atol=1e-5)


def test_a_face_behind_the_camera_is_an_empty_picture_with_zero_gradients(assets: FaceAssets, renderer: Renderer) -> None:
    coefficients = replace(_coefficients(1), pose=Pose(torch.zeros(1, 3), torch.tensor([[0.0, 0.0, 900.0]])))
    vertices = _vertices(assets, 1).requires_grad_()
    rendering = renderer(vertices, coefficients, torch.zeros(1, 1, MAP, MAP), 16)
    assert not rendering.mask.any()
    assert not rendering.image.any()
    gradient = torch.autograd.grad(rendering.image.sum(), vertices)[0]
    assert not gradient.any()


def test_zero_displacement_changes_nothing_and_a_bump_does(assets: FaceAssets, renderer: Renderer) -> None:
    vertices, coefficients = _vertices(assets, 1), _coefficients(1)
    smooth = renderer(vertices, coefficients, None, 48).image
    torch.testing.assert_close(renderer(vertices, coefficients, torch.zeros(1, 1, MAP, MAP), 48).image, smooth)
    bump = torch.zeros(1, 1, MAP, MAP)
    bump[..., 12:18, 12:18] = 2.0
    assert (renderer(vertices, coefficients, bump, 48).image - smooth).abs().max() > 0.02


def test_pytorch3d_draws_the_same_picture(assets: FaceAssets, renderer: Renderer) -> None:
    other = Renderer(Pytorch3dRasterizer())
    other.bind(assets)
    vertices, coefficients = _vertices(assets, 1), _coefficients(1)
    torch.testing.assert_close(other(vertices, coefficients, None, 32).image, renderer(vertices, coefficients, None, 32).image)


def test_nothing_of_the_face_model_is_in_a_checkpoint(renderer: Renderer) -> None:
    assert not renderer.state_dict()
