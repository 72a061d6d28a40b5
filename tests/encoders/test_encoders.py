import dataclasses

import pytest
import torch

from hiface_pl.encoders.base import Encoder
from hiface_pl.encoders.coefficient_heads import leaky_unit
from hiface_pl.encoders.landmark import LandmarkEncoder
from hiface_pl.encoders.pooled import PooledEncoder
from hiface_pl.encoders.weights import Scratch
from hiface_pl.errors import ConfigError
from hiface_pl.rendering.camera import project, to_camera
from hiface_pl.rendering.lighting import sh_basis
from hiface_pl.types import Coefficients, Encoded
from tests.tiny import tiny_assets


def pooled() -> PooledEncoder:
    return PooledEncoder(Scratch(), backbone="mobilenetv3_small_050")


def landmark() -> LandmarkEncoder:
    return LandmarkEncoder(Scratch(), "mobilenetv3_small_050", landmarks=80, width=16, hidden=32, layers=2, feedback=1.0)


def bound(encoder: Encoder) -> Encoder:
    torch.manual_seed(0)
    encoder.bind(tiny_assets())
    return encoder


def every_number(coefficients: Coefficients) -> torch.Tensor:
    fields = [getattr(coefficients, field.name) for field in dataclasses.fields(coefficients) if field.name != "pose"]
    known = [field for field in fields if field is not None]
    return torch.cat([field.flatten(1) for field in (*known, coefficients.pose.rotation, coefficients.pose.translation)], dim=1)


@pytest.mark.parametrize("make", [pooled, landmark])
def test_sizes_come_from_the_face_model(make) -> None:
    found = bound(make()).eval()(torch.rand(2, 3, 64, 64)).coefficients
    assets = tiny_assets()
    assert found.identity.shape == (2, len(assets.model.identity_basis))
    assert found.expression.shape == (2, len(assets.model.expression_names))
    assert found.static.shape == (2, len(assets.detail.static.basis))
    assert found.albedo.shape == (2, len(assets.albedo.basis))


@pytest.mark.parametrize("make", [pooled, landmark])
def test_step_0_is_the_mean_face_in_the_middle(make) -> None:
    found = bound(make())(torch.rand(3, 3, 64, 64)).coefficients
    for zero in (found.identity, found.expression, found.static, found.albedo, found.pose.rotation):
        assert not zero.any()
    model = tiny_assets().model
    points = torch.from_numpy(model.keypoints68.on(model.mean)).expand(3, -1, 3)
    image = project(to_camera(points, found.pose))
    assert ((image > 0.1) & (image < 0.99)).all()


def test_step_0_light_is_even() -> None:
    lighting = bound(pooled())(torch.rand(2, 3, 64, 64)).coefficients.lighting
    shading = sh_basis(torch.tensor([[0.0, 0, 1], [1, 0, 0], [0, 1, 0]])) @ lighting[0]
    torch.testing.assert_close(shading, torch.tensor([[0.9], [0.6], [0.6]]).expand(3, 3))


@pytest.mark.parametrize("make", [pooled, landmark])
def test_gradients_reach_every_parameter(make) -> None:
    encoder = bound(make())
    for parameter in encoder.parameters():
        torch.nn.init.normal_(parameter, std=0.1)
    every_number(encoder(torch.rand(4, 3, 64, 64)).coefficients).square().sum().backward()
    silent = [name for name, parameter in encoder.named_parameters() if parameter.grad is None or not parameter.grad.any()]
    assert not silent


def test_a_checkpoint_carries_only_what_was_learned() -> None:
    encoder = bound(landmark())
    learned = {name for name, _ in encoder.named_parameters()}
    assert all(name in learned or "running_" in name or "num_batches" in name for name in encoder.state_dict())


def test_landmarks_lead_the_dense_points() -> None:
    found: Encoded = bound(landmark())(torch.rand(2, 3, 64, 64))
    assert found.dense is not None
    assert found.landmarks is not None
    assert found.dense.shape == (2, 80, 2)
    assert torch.equal(found.landmarks, found.dense[:, :68])


def test_too_few_or_too_many_landmarks_name_the_range() -> None:
    for count in (67, 100_000):
        encoder = LandmarkEncoder(Scratch(), backbone="mobilenetv3_small_050", landmarks=count)
        with pytest.raises(ConfigError, match=f"{count} landmarks .* from 68 to"):
            encoder.bind(tiny_assets())


def test_expressions_stay_near_their_range_and_can_leave_it_again() -> None:
    values = torch.tensor([-1.0, 0.0, 0.4, 1.0, 3.0], requires_grad=True)
    squashed = leaky_unit(values)
    squashed.sum().backward()
    torch.testing.assert_close(squashed, torch.tensor([-0.1, 0.0, 0.4, 1.0, 1.2]))
    torch.testing.assert_close(values.grad, torch.tensor([0.1, 1.0, 1.0, 1.0, 0.1]))


def test_frozen_layers_neither_learn_nor_follow_their_batches() -> None:
    encoder = LandmarkEncoder(Scratch(), backbone="mobilenetv3_small_050", landmarks=80, width=16, hidden=32, layers=2, frozen_reduction=4)
    bound(encoder).train()
    frozen = [name for name, parameter in encoder.backbone.named_parameters() if not parameter.requires_grad]
    assert {name.split(".")[0] for name in frozen} == {"conv_stem", "bn1", "blocks"}
    before = {name: value.clone() for name, value in encoder.backbone.state_dict().items() if "running_mean" in name}
    encoder(torch.rand(4, 3, 64, 64))
    moved = {name for name, value in before.items() if not torch.equal(value, encoder.backbone.state_dict()[name])}
    assert "bn1.running_mean" not in moved
    assert "blocks.3.0.bn1.running_mean" in moved


def test_frozen_layers_do_not_follow_their_batches_even_where_nobody_calls_train() -> None:
    """As in a fit: Lightning leaves a fresh module in the mode that it has."""
    encoder = LandmarkEncoder(Scratch(), backbone="mobilenetv3_small_050", landmarks=80, width=16, hidden=32, layers=2, frozen_reduction=4)
    bound(encoder)
    before = encoder.backbone.bn1.running_mean.clone()
    encoder(torch.rand(4, 3, 64, 64))
    assert torch.equal(encoder.backbone.bn1.running_mean, before)
    assert encoder.backbone.blocks[3][0].bn1.training


def test_a_reduction_that_the_backbone_lacks_is_named() -> None:
    encoder = LandmarkEncoder(Scratch(), backbone="mobilenetv3_small_050", landmarks=80, frozen_reduction=5)
    with pytest.raises(ConfigError, match=r"frozen_reduction=5 .* one of"):
        encoder.bind(tiny_assets())


@pytest.mark.parametrize("feedback", [0.0, 0.25])
def test_coefficients_teach_the_points_as_much_as_asked(feedback: float) -> None:
    def gradient(share: float) -> torch.Tensor:
        encoder = LandmarkEncoder(Scratch(), "mobilenetv3_small_050", landmarks=80, width=16, hidden=32, layers=2, feedback=share)
        bound(encoder).eval()
        for parameter in encoder.geometry.parameters():
            torch.nn.init.constant_(parameter, 0.1)
        encoder(torch.full((1, 3, 64, 64), 0.3)).coefficients.identity.sum().backward()
        weight = encoder.heat_maps.maps.weight.grad
        return torch.zeros(1) if weight is None else weight

    torch.testing.assert_close(gradient(feedback).abs().sum(), feedback * gradient(1.0).abs().sum(), rtol=1e-3, atol=1e-9)
    assert gradient(1.0).any()
