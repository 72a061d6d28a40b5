"""Clips of the tiny model whose truth is known."""

import numpy as np
import pytest
import torch

from hiface_pl.errors import EvaluationError
from hiface_pl.report.track import Frame, Track, correlation, jitter, point_error, rise
from hiface_pl.types import Coefficients, Pose
from tests.tiny import UNITS, tiny_assets

COUNT = 16


def smile(k: int) -> float:
    return k / (COUNT - 1)


def face(mouth: float, eyes: float = 100.0) -> np.ndarray:
    points = np.random.default_rng(0).uniform(-60, 60, (68, 2))
    points[[36, 45]] = [[-eyes / 2, 0], [eyes / 2, 0]]
    points[[48, 54]] = [[-mouth / 2, 40], [mouth / 2, 40]]
    points[[62, 66]] = [[0, 40], [0, 40 + mouth / 10]]
    return points


def frame(k: int, identity: float = 0.0) -> Frame:
    expression = torch.tensor([[0.1 * smile(k), smile(k), 0.5 * smile(k), 0.0]])
    one = Coefficients(
        torch.tensor([[identity, 0, 0, 0]]),
        expression,
        torch.zeros(1, 5),
        torch.zeros(1, 3),
        torch.zeros(1, 9, 3),
        Pose(torch.zeros(1, 3), torch.zeros(1, 3)),
    )
    return Frame(one, face(50 + 10 * smile(k)), face(50 + 20 * smile(k)))


@pytest.fixture(scope="module")
def assets():
    return tiny_assets()


def test_a_smile_that_follows_the_mouth(assets):
    assert UNITS[1:3] == ("mouthSmileLeft", "mouthSmileRight")
    found = Track([frame(k) for k in range(COUNT)], assets).numbers()
    assert found["smile_rise"] == pytest.approx(0.75 * 12 / 15, abs=1e-3)  # quarters of four frames, twelve apart
    assert found["smile_correlation"] == pytest.approx(1)
    assert found["smile_left_minus_right"] == pytest.approx(0.25)
    assert found["mouth_widens"] == pytest.approx(0.2 * 12 / 15, abs=1e-3)
    assert found["our_mouth_widens"] == pytest.approx(0.1 * 12 / 15, abs=1e-3)
    assert found["points_neutral"] < found["points_smiling"]
    assert found["rotation_jitter"] == 0


def test_identity_that_moves_is_measured_in_millimetres(assets):
    still = Track([frame(k, 2.0) for k in range(COUNT)], assets).numbers()
    moving = Track([frame(k, 2.0 + (-1) ** k) for k in range(COUNT)], assets).numbers()
    weights = assets.regions.face / assets.regions.face.sum()
    one = np.sqrt(weights @ (assets.model.identity_basis[0] ** 2).sum(axis=1))
    assert (still["identity_spread"], still["identity_size"]) == pytest.approx((0, 2 * one), abs=1e-3)
    assert (moving["identity_spread"], moving["identity_size"]) == pytest.approx((one, 2 * one), abs=1e-3)


def test_too_few_frames_and_lacking_units_are_told(assets):
    with pytest.raises(EvaluationError, match="3 frames are too few"):
        Track([frame(k) for k in range(3)], assets)
    with pytest.raises(EvaluationError, match="has no unit cheekPuff"):
        Track([frame(k) for k in range(COUNT)], assets).unit("cheekPuff")


def test_jitter_is_the_deviation_of_noise_and_not_of_movement():
    rng = np.random.default_rng(1)
    walk = np.linspace(0, 100, 4000)[:, None] + rng.normal(0, 0.3, (4000, 1))
    assert jitter(walk) == pytest.approx(0.3, rel=0.05)
    assert rise(np.array([0.0, 1, 1, 1, 3, 3, 3, 5])) == pytest.approx(3.5)
    assert correlation(np.ones(5), np.arange(5.0)) == 0


def test_point_error_is_a_share_of_the_box():
    points = face(50)
    box = np.sqrt(np.ptp(points, axis=0).prod())
    assert point_error(points + np.array([0.03 * box, 0]), points) == pytest.approx(3)
    jaw = points.copy()
    jaw[:17] += 9
    assert point_error(jaw, points) == 0
