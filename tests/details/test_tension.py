import numpy as np
import pytest
import torch

from hiface_pl.details.skin_edges import SkinEdges
from hiface_pl.details.tension import MeanTension, SplitTension, Tension
from hiface_pl.face_models.face_assets import FaceAssets
from hiface_pl.shapes.linear import LinearShape
from hiface_pl.types import Shape
from tests.details.faces import coefficients, mesh, moved, strip
from tests.tiny import SIDE

SQUEEZED = [0.0, 5.0, 30.0]  # the left quad at half its width, the right one at 25 / 20 of it


def bound(tension: Tension, assets: FaceAssets) -> Tension:
    tension.bind(assets)
    return tension


@pytest.mark.parametrize(
    ("half_steps", "expected"),
    [
        (0, [1 - (0.5 + 1) / 2, 1 - (0.5 + 1.25 + 1) / 3, 1 - (1.25 + 1) / 2]),
        (1, [0.2083333, 0.0763889, -0.0729167]),
        (2, [0.1753472, 0.0734954, -0.0355903]),
    ],
)
def test_the_mean_over_the_ring_matches_a_calculation_by_hand(tiny: FaceAssets, half_steps: int, expected: list[float]) -> None:
    assets = strip(tiny)
    tension = bound(MeanTension(smoothing=half_steps), assets).measure(moved(torch.from_numpy(assets.model.mean), SQUEEZED))
    torch.testing.assert_close(tension.compressed, torch.tensor([expected * 2]), rtol=0, atol=1e-6)
    torch.testing.assert_close(tension.stretched, -tension.compressed)


def test_split_tension_keeps_shortened_and_lengthened_edges_apart(tiny: FaceAssets) -> None:
    assets = strip(tiny)
    tension = bound(SplitTension(smoothing=0), assets).measure(moved(torch.from_numpy(assets.model.mean), SQUEEZED))
    torch.testing.assert_close(tension.compressed, torch.tensor([[0.25, 0.5 / 3, 0.0] * 2]))
    torch.testing.assert_close(tension.stretched, torch.tensor([[0.0, 0.25 / 3, 0.125] * 2]))


def test_weights_have_gain_dead_zone_and_limits(tiny: FaceAssets) -> None:
    assets = strip(tiny)
    weights = bound(MeanTension(smoothing=0), assets)(moved(torch.from_numpy(assets.model.mean), SQUEEZED))
    torch.testing.assert_close(weights.compressed, torch.tensor([[1.0, 8 * (1 / 12 - 0.01), 0.0] * 2]))
    torch.testing.assert_close(weights.stretched, torch.tensor([[0.0, 0.0, 4 * (0.125 - 0.01)] * 2]))


def test_ratios_are_clamped(tiny: FaceAssets) -> None:
    assets = strip(tiny)
    tension = bound(MeanTension(smoothing=0), assets).measure(moved(torch.from_numpy(assets.model.mean), [0.0, 1.0, 500.0]))
    expected = [1 - (0.3 + 1) / 2, 1 - (0.3 + 2 + 1) / 3, 1 - (2 + 1) / 2]
    torch.testing.assert_close(tension.compressed, torch.tensor([expected * 2]))


def test_edges_without_length_count_as_unchanged_and_pass_no_bad_gradient(tiny: FaceAssets) -> None:
    assets = strip(tiny)
    folded = torch.from_numpy(assets.model.mean).clone()
    folded[:, 0] = torch.tensor([0.0, 0.0, 30.0] * 2)
    shape = moved(folded.requires_grad_(), [0.0, 4.0, 30.0])
    tension = bound(MeanTension(smoothing=0), assets).measure(shape)
    torch.testing.assert_close(tension.compressed[0, 0], torch.tensor(0.0))
    tension.compressed.sum().backward()
    assert folded.grad is not None
    assert folded.grad.isfinite().all()


def test_only_skin_edges_count_and_triangles_have_three(tiny: FaceAssets) -> None:
    vertices = [[x, y, 0.0] for y in (0.0, 10.0) for x in (0.0, 10.0, 30.0)]
    model = mesh(tiny.model, vertices, [[0, 1, 4, -1], [1, 2, 5, 4]], part=[0, 1])
    assert SkinEdges.of(model).ends.tolist() == [[0, 1], [0, 4], [1, 4]]


def test_no_diagonals(tiny: FaceAssets) -> None:
    assert len(SkinEdges.of(tiny.model).ends) == 2 * SIDE * (SIDE - 1)


@pytest.mark.parametrize("tension", [MeanTension(), SplitTension()])
def test_a_neutral_expression_has_weights_of_exactly_zero(tiny: FaceAssets, tension: Tension) -> None:
    vertices = torch.from_numpy(tiny.model.vertices(np.ones(4)))[None]
    weights = bound(tension, tiny)(Shape(vertices, vertices.clone()))
    assert (weights.compressed == 0).all()
    assert (weights.stretched == 0).all()


@pytest.mark.parametrize("kind", [MeanTension, SplitTension])
def test_an_expression_weighs_the_poles_where_it_presses_and_pulls(tiny: FaceAssets, kind: type[Tension]) -> None:
    neutral = torch.from_numpy(tiny.model.mean)[None]
    expressive = neutral.clone()
    expressive[..., 1] *= torch.where(neutral[..., 1] > 0, 0.8, 1.2)  # the upper half is pressed together, the lower one pulled apart
    weights = bound(kind(), tiny)(Shape(neutral, expressive))
    upper, lower = neutral[0, :, 1] > 25, neutral[0, :, 1] < -25
    assert weights.compressed[0, upper].min() > 0.2
    assert weights.stretched[0, upper].max() == 0
    assert weights.stretched[0, lower].min() > 0.1
    assert weights.compressed[0, lower].max() == 0


def test_pressed_one_way_and_pulled_across_cancels_in_the_mean_only(tiny: FaceAssets) -> None:
    neutral = torch.from_numpy(tiny.model.mean)[None] * torch.tensor([1.0, 1.0, 0.0])
    shape = Shape(neutral, neutral * torch.tensor([0.8, 1.2, 1.0]))
    middle = SIDE * SIDE // 2
    assert bound(MeanTension(), tiny).measure(shape).compressed[0, middle].abs() < 1e-5
    assert bound(SplitTension(), tiny).measure(shape).compressed[0, middle] == pytest.approx(0.1, abs=1e-5)


@pytest.mark.parametrize("kind", [MeanTension, SplitTension])
def test_gradients_are_those_of_finite_differences(tiny: FaceAssets, kind: type[Tension]) -> None:
    assets = strip(tiny)
    tension = bound(kind(gain_compressed=1.5, gain_stretched=1.5), assets).double()
    shape = moved(torch.from_numpy(assets.model.mean).double(), SQUEEZED)
    shape.expressive[..., 1] *= 1.05  # no edge at the kink of an unchanged length

    def weights(neutral: torch.Tensor, expressive: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        result = tension(Shape(neutral, expressive))
        return result.compressed, result.stretched

    assert torch.autograd.gradcheck(weights, (shape.neutral.requires_grad_(), shape.expressive.requires_grad_()))


def test_detach_cuts_the_gradient(tiny: FaceAssets) -> None:
    decoder = LinearShape()
    decoder.bind(tiny)
    given = coefficients(tiny)
    given.expression.requires_grad_()
    assert bound(MeanTension(), tiny)(decoder(given)).compressed.requires_grad
    assert not bound(MeanTension(detach=True), tiny)(decoder(given)).compressed.requires_grad
