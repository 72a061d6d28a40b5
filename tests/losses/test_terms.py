import math
from dataclasses import replace

import pytest
import torch

from hiface_pl.errors import ConfigError
from hiface_pl.losses.age import AgeLoss, age_divergence
from hiface_pl.losses.amplitude import SPREAD, AmplitudeLoss
from hiface_pl.losses.appearance import AlbedoLoss, LightingLoss
from hiface_pl.losses.base import Loss
from hiface_pl.losses.dense_landmark import DenseLandmarkLoss
from hiface_pl.losses.detail import CompressedDetailLoss, StaticDetailLoss, StretchedDetailLoss, map_distance
from hiface_pl.losses.kl import IdentityDivergenceLoss, softmax_divergence
from hiface_pl.losses.landmark import LandmarkHeadLoss, LandmarkLoss, point_distance
from hiface_pl.losses.photometric import PhotometricLoss, pixel_distance
from hiface_pl.losses.pose import PoseLoss, pose_distance
from hiface_pl.losses.projection import ProjectionLoss
from hiface_pl.losses.reduce import gram_matrix, masked_mean, masked_rms, quadratic_rms, safe_sqrt
from hiface_pl.losses.regularisation import RegularisationLoss, squared_norms
from hiface_pl.losses.spanned import ExpressionLoss, IdentityLoss
from hiface_pl.losses.vertex import VertexLoss, vertex_distance
from hiface_pl.types import DetailCoefficients, Pose
from tests.losses.faces import batch_of, coefficients, maps_of, perfect, shape_of, with_coefficients
from tests.tiny import tiny_assets

ASSETS = tiny_assets()
COMPARING = (
    StaticDetailLoss,
    CompressedDetailLoss,
    StretchedDetailLoss,
    VertexLoss,
    IdentityDivergenceLoss,
    PhotometricLoss,
    LandmarkLoss,
    LandmarkHeadLoss,
    PoseLoss,
    IdentityLoss,
    ExpressionLoss,
    AlbedoLoss,
    LightingLoss,
    AgeLoss,
)


def bound(kind: type[Loss]) -> Loss:
    term = kind()
    term.bind(ASSETS)
    return term


def close(value: torch.Tensor, *expected: float) -> None:
    torch.testing.assert_close(value, torch.tensor(expected, dtype=torch.float32), rtol=1e-4, atol=1e-5)


def test_masked_mean_and_rms_by_hand() -> None:
    values, mask = torch.tensor([[3.0, 1.0, 9.0]]), torch.tensor([[1.0, 1.0, 0.0]])
    close(masked_mean(values, mask), 2.0)
    close(masked_rms(values, mask), math.sqrt(5))
    close(masked_rms(values, torch.tensor([[1.0, 0.5, 0.0]])), math.sqrt((9 + 0.25) / 1.25))
    close(masked_mean(values, torch.zeros(1, 3)), 0.0)


def test_root_has_a_finite_gradient_at_zero() -> None:
    zero = torch.zeros(2, requires_grad=True)
    safe_sqrt(zero).sum().backward()
    assert torch.equal(zero.grad, torch.zeros(2))


def test_gram_matrix_equals_the_spanned_field() -> None:
    basis, mask, difference = torch.randn(3, 10, 3), torch.rand(10), torch.randn(2, 3)
    field = torch.einsum("bk,knc->bnc", difference, basis) * mask[:, None]
    expected = (field.square().sum(dim=(1, 2)) / mask.square().sum()).sqrt()
    torch.testing.assert_close(quadratic_rms(difference, gram_matrix(basis, mask)), expected)


def test_map_distance_by_hand() -> None:
    value = map_distance(torch.tensor([[0.5, 0.2]]), torch.tensor([[0.3, 0.2]]), torch.tensor([1.0, 1.0]))
    close(value, 0.2 / math.sqrt(2))


def test_vertex_distance_by_hand() -> None:
    label = torch.zeros(1, 3, 3)
    predicted = torch.tensor([[[3.0, 4, 0], [0, 0, 1], [9, 9, 9]]])
    close(vertex_distance(predicted, label, torch.tensor([1.0, 1.0, 0.0])), math.sqrt((25 + 1) / 2))


def test_softmax_divergence_by_hand() -> None:
    label, predicted = torch.tensor([[math.log(3), 0.0]]), torch.tensor([[0.0, 0.0]])
    close(softmax_divergence(predicted, label), 0.75 * math.log(1.5) + 0.25 * math.log(0.5))


def test_pixel_distance_by_hand() -> None:
    image, rendered = torch.zeros(1, 3, 1, 2), torch.zeros(1, 3, 1, 2)
    rendered[0, :, 0, 0] = torch.tensor([0.3, 0.0, 0.4])
    rendered[0, :, 0, 1] = 1.0
    mask, everywhere = torch.tensor([[[[1.0, 0.0]]]]), torch.ones(1, 1, 1, 2, dtype=torch.bool)
    close(pixel_distance(rendered, image, mask, everywhere, "l1"), 0.7 / 3)
    close(pixel_distance(rendered, image, mask, everywhere, "l2"), 0.5)
    close(pixel_distance(rendered, image, torch.ones(1, 1, 1, 2), everywhere.logical_not(), "l2"), math.sqrt(3))
    close(pixel_distance(rendered, image, torch.ones(1, 1, 1, 2), torch.tensor([[[[True, False]]]]), "l1"), (0.7 / 3 + 1) / 2)


def test_point_distance_is_in_percent_and_weighs_certainty() -> None:
    label, predicted = torch.zeros(1, 2, 2), torch.tensor([[[0.03, 0.04], [0.1, 0.0]]])
    close(point_distance(predicted, label, torch.tensor([[1.0, 0.0]])), 5.0)
    close(point_distance(predicted, label, torch.tensor([[1.0, 1.0]])), 7.5)


def test_pose_distance_by_hand() -> None:
    label = Pose(torch.zeros(1, 3), torch.tensor([[0.0, 0.0, -1000.0]]))
    turned = Pose(torch.tensor([[0.0, 0.1, 0.0]]), torch.tensor([[3.0, 4.0, -1010.0]]))
    close(pose_distance(turned, label), 80 * 2 * math.sin(0.05) + 5 + 0.8)


def test_age_divergence_by_hand() -> None:
    label = torch.zeros(1, 81)
    label[0, 30] = 1.0
    close(age_divergence(torch.full((1, 81), 1 / 81).log(), label), math.log(81))


def test_squared_norms_by_hand() -> None:
    known = coefficients(ASSETS, 1, 0)
    known = replace(
        known, identity=torch.ones(1, 4), expression=torch.full((1, 4), 0.5), static=torch.zeros(1, 5), albedo=torch.full((1, 3), 2.0)
    )
    close(squared_norms(known), 4 + 1 + 12)


def test_a_turn_by_half_a_circle_has_a_gradient() -> None:
    rotation = torch.tensor([[0.0, math.pi, 0.0]], requires_grad=True)
    pose_distance(Pose(rotation, torch.zeros(1, 3)), Pose(torch.zeros(1, 3), torch.zeros(1, 3))).sum().backward()
    assert torch.isfinite(rotation.grad).all()


@pytest.mark.parametrize("kind", COMPARING)
def test_a_perfect_reconstruction_costs_nothing(kind: type[Loss]) -> None:
    batch = batch_of(ASSETS)
    term = bound(kind)(perfect(ASSETS, batch), batch)
    torch.testing.assert_close(term.value, torch.zeros(3), atol=1e-4, rtol=0)
    assert term.valid.all()


def test_dense_points_of_the_label_cost_nothing_and_fewer_points_are_compared() -> None:
    loss = DenseLandmarkLoss(points=80)
    loss.bind(ASSETS)
    batch = batch_of(ASSETS)
    found = loss.label(batch.labels.coefficients)
    exact = perfect(ASSETS, batch)
    exact = replace(exact, encoded=replace(exact.encoded, dense=found[:, :70]))
    close(loss(exact, batch).value, 0.0, 0.0, 0.0)
    moved = replace(exact, encoded=replace(exact.encoded, dense=found[:, :70] + torch.tensor([0.01, 0.0])))
    close(loss(moved, batch).value, 1.0, 1.0, 1.0)


@pytest.mark.parametrize("kind", [IdentityLoss, ExpressionLoss])
def test_spanned_losses_agree_with_the_vertices(kind: type[Loss]) -> None:
    batch = batch_of(ASSETS)
    field = "identity" if kind is IdentityLoss else "expression"
    label = batch.labels.coefficients
    guess = with_coefficients(perfect(ASSETS, batch), **{field: getattr(label, field) + 0.5})
    face = torch.from_numpy(ASSETS.regions.face)
    shapes = (shape_of(ASSETS, guess.coefficients).expressive, shape_of(ASSETS, label).expressive)
    torch.testing.assert_close(bound(kind)(guess, batch).value, vertex_distance(*shapes, face), rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("kind", [StaticDetailLoss, CompressedDetailLoss, StretchedDetailLoss])
def test_detail_losses_read_their_own_map(kind: type[Loss]) -> None:
    batch = batch_of(ASSETS)
    name = {StaticDetailLoss: "static", CompressedDetailLoss: "compressed", StretchedDetailLoss: "stretched"}[kind]
    maps = maps_of(ASSETS, batch)
    moved = replace(perfect(ASSETS, batch), detail=replace(maps, **{name: getattr(maps, name) + 0.3}))
    close(bound(kind)(moved, batch).value, 0.3, 0.3, 0.3)


@pytest.mark.parametrize("kind", [StaticDetailLoss, CompressedDetailLoss, StretchedDetailLoss])
def test_detail_losses_are_the_same_from_coefficients_and_from_maps(kind: type[Loss]) -> None:
    batch, term = batch_of(ASSETS), bound(kind)
    known = batch.labels
    guess = {
        "static": known.coefficients.static + 0.5 * torch.randn(3, 5),
        "compressed": known.compressed + 0.5 * torch.randn(3, 5),
        "stretched": known.stretched + 0.5 * torch.randn(3, 5),
    }
    leaves = {name: value.requires_grad_() for name, value in guess.items()}
    guessed = replace(
        batch,
        labels=replace(
            known,
            coefficients=replace(known.coefficients, static=leaves["static"]),
            compressed=leaves["compressed"],
            stretched=leaves["stretched"],
        ),
    )
    through_maps = term(replace(perfect(ASSETS, batch), detail=maps_of(ASSETS, guessed)), batch).value
    through_numbers = term(replace(perfect(ASSETS, batch), detail=None, spanned=DetailCoefficients(**leaves)), batch).value
    assert through_maps.min() > 1e-3
    torch.testing.assert_close(through_numbers, through_maps, rtol=1e-4, atol=1e-6)
    chosen = term.predicted(DetailCoefficients(**leaves))
    gradients = (torch.autograd.grad(value.sum(), chosen)[0] for value in (through_numbers, through_maps))
    torch.testing.assert_close(*gradients, rtol=1e-3, atol=1e-6)


def test_vertex_loss_of_a_linear_shape_is_the_same_from_coefficients_and_from_vertices() -> None:
    batch, term = batch_of(ASSETS), bound(VertexLoss)
    known = batch.labels.coefficients
    guess = torch.cat([known.identity + torch.randn(3, 4), known.expression + torch.rand(3, 4)], dim=1).requires_grad_()
    found = with_coefficients(perfect(ASSETS, batch), identity=guess[:, :4], expression=guess[:, 4:])
    shape = shape_of(ASSETS, found.coefficients)
    values = [term(replace(found, shape=replace(shape, linear=linear)), batch).value for linear in (True, False)]
    torch.testing.assert_close(*values, rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(*[torch.autograd.grad(value.sum(), guess)[0] for value in values], rtol=1e-3, atol=1e-4)


def test_a_head_without_poles_is_told_so() -> None:
    batch = batch_of(ASSETS)
    exact = perfect(ASSETS, batch)
    with pytest.raises(ConfigError, match="CompressedDetailLoss needs a detail head"):
        bound(CompressedDetailLoss)(replace(exact, detail=replace(exact.detail, compressed=None)), batch)
    with pytest.raises(ConfigError, match="landmark head"):
        bound(LandmarkHeadLoss)(replace(exact, encoded=replace(exact.encoded, landmarks=None)), batch)


def test_photometric_skips_faces_that_are_not_compared() -> None:
    batch = batch_of(ASSETS)
    mask = batch.labels.mask.clone()
    mask[1] = 0
    batch = replace(batch, labels=replace(batch.labels, mask=mask))
    assert bound(PhotometricLoss)(perfect(ASSETS, batch), batch).valid.tolist() == [True, False, True]


def test_photometric_compares_at_the_size_of_the_rendering() -> None:
    batch = batch_of(ASSETS)
    exact = perfect(ASSETS, batch)
    small = torch.nn.functional.avg_pool2d
    rendering = replace(
        exact.rendering, **{name: small(getattr(exact.rendering, name), 2) for name in ("image", "mask", "skin", "depth", "normals")}
    )
    close(bound(PhotometricLoss)(replace(exact, rendering=rendering), batch).value, 0.0, 0.0, 0.0)


@pytest.mark.parametrize("name", ["identity", "expression", "static", "albedo", "lighting"])
def test_steps_along_the_gradient_decrease_the_loss(name: str) -> None:
    kinds = {
        "identity": [IdentityLoss, IdentityDivergenceLoss, RegularisationLoss],
        "expression": [ExpressionLoss],
        "static": [RegularisationLoss],
        "albedo": [AlbedoLoss],
        "lighting": [LightingLoss],
    }[name]
    batch = batch_of(ASSETS)
    for kind in kinds:
        term = bound(kind)
        guess = (
            getattr(batch.labels.coefficients, name) + 0.5 * torch.randn_like(getattr(batch.labels.coefficients, name))
        ).requires_grad_()
        before = term(with_coefficients(perfect(ASSETS, batch), **{name: guess}), batch).value.sum()
        (gradient,) = torch.autograd.grad(before, guess)
        after = term(with_coefficients(perfect(ASSETS, batch), **{name: guess - 1e-3 * gradient}), batch).value.sum()
        assert after < before


@pytest.mark.parametrize("kind", [StaticDetailLoss, VertexLoss, PhotometricLoss, LandmarkLoss, LandmarkHeadLoss, PoseLoss, AgeLoss])
def test_steps_along_the_gradient_decrease_losses_on_fields(kind: type[Loss]) -> None:
    batch = batch_of(ASSETS)
    exact, term = perfect(ASSETS, batch), bound(kind)

    def guess(step: torch.Tensor):
        moved = replace(exact.coefficients.pose, rotation=exact.coefficients.pose.rotation + step)
        return replace(
            with_coefficients(exact, pose=moved),
            shape=replace(exact.shape, expressive=exact.shape.expressive + step[:, None]),
            landmarks=exact.landmarks + step[:, None, :2],
            detail=replace(exact.detail, static=exact.detail.static + step[:, None, None, :1]),
            rendering=replace(exact.rendering, image=exact.rendering.image + step[:, :, None, None]),
            encoded=replace(
                exact.encoded, landmarks=exact.landmarks + step[:, None, :2], coefficients=replace(exact.coefficients, pose=moved)
            ),
            age=(exact.age + step[:, :1] * torch.linspace(0, 1, 81)).log_softmax(dim=1),
        )

    step = torch.full((3, 3), 0.1, requires_grad=True)
    before = term(guess(step), batch).value.sum()
    (gradient,) = torch.autograd.grad(before, step)
    after = term(guess(step - 0.02 * gradient / gradient.norm()), batch).value.sum()
    assert after < before


def test_amplitude_by_hand() -> None:
    batch = batch_of(ASSETS)
    term = bound(AmplitudeLoss)
    detail = ASSETS.detail
    mask = detail.mask.ravel()[detail.texels]
    maps = detail.static.mean + batch.labels.coefficients.static.numpy() @ detail.static.basis
    truth = torch.from_numpy((maps**2 @ mask / mask.sum()) ** 0.5)
    found = perfect(ASSETS, batch)
    close(term(replace(found, encoded=replace(found.encoded, amplitude=truth)), batch).value, 0.0, 0.0, 0.0)
    close(term(replace(found, encoded=replace(found.encoded, amplitude=truth + 2 * SPREAD)), batch).value, 4.0, 4.0, 4.0)
    with pytest.raises(ConfigError, match="estimates the amplitude"):
        term(found, batch)


def test_projection_is_zero_in_place_and_a_percent_a_percent_off() -> None:
    batch = batch_of(ASSETS)
    term = ProjectionLoss(points=80)
    term.bind(ASSETS)
    found = perfect(ASSETS, batch)
    close(term(found, batch).value, 0.0, 0.0, 0.0)
    pose = found.coefficients.pose
    depth = -pose.translation[:, 2]
    moved = with_coefficients(found, pose=Pose(pose.rotation, pose.translation + torch.tensor([2.0, 0.0, 0.0])))
    torch.testing.assert_close(term(moved, batch).value, 100 * 4.5 * 2.0 / depth, rtol=0.15, atol=0)
