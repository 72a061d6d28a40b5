from dataclasses import replace

import numpy as np
import pytest
import torch

from hiface_pl.face_models.face_model import SurfacePoints
from hiface_pl.inference import landmark_fit
from hiface_pl.inference.landmark_fit import LandmarkFit
from hiface_pl.inference.posed_points import POSE, PosedFace, PosedPoints
from hiface_pl.types import Coefficients, Pose
from tests.tiny import tiny_model

SIZES = (4, 4)


@pytest.fixture(scope="module")
def model():
    return tiny_model()


@pytest.fixture(scope="module")
def places(model):
    """468 places spread over the tiny patch; those that the network's eye corners and oval name are as random as the others."""
    rng = np.random.default_rng(3)
    corners = model.triangles[rng.integers(0, len(model.triangles), 468)]
    return SurfacePoints(corners.astype(np.int32), rng.dirichlet(np.ones(3), 468).astype(np.float32))


def face(identity=0.0, expression=0.4, turn=0.0) -> PosedFace:
    start = PosedFace(np.eye(3), np.array([0.0, 0.0, -900.0]), np.full(SIZES[0], identity), np.full(SIZES[1], expression))
    return start.moved(np.r_[0.3 * turn, turn, -0.2 * turn, np.zeros(11)])


def test_the_jacobian_is_that_of_the_projection(model, places):
    points, here, step = PosedPoints(model, places), face(0.5, 0.3, 0.4), 1e-5
    count = POSE + sum(SIZES)
    found = points.jacobian(here)
    assert found.shape == (468, 2, count)
    for k, unit in enumerate(np.eye(count)):
        expected = (points.project(here.moved(step * unit)) - points.project(here.moved(-step * unit))) / (2 * step)
        np.testing.assert_allclose(found[:, :, k], expected, atol=1e-8 + 1e-5 * np.abs(expected).max())


def test_the_fit_finds_pose_identity_and_expression_again(model, places, monkeypatch):
    monkeypatch.setattr(landmark_fit, "NOISE", 0.001)
    monkeypatch.setattr(landmark_fit, "SLIDING_NOISE", 0.001)
    fit = LandmarkFit(model, places)
    truth = replace(face(0.3, 0.0, 0.3), expression=np.array([0.7, 0.1, 0.3, 0.0]), translation=np.array([6.0, -9.0, -840.0]))
    start = face(0.0, 0.2, 0.0)
    seen = fit.points.project(truth)
    found = fit(seen, np.ones(468), start)
    assert fit.errors(seen, start).mean() > 10
    assert fit.errors(seen, found).mean() < 0.05
    np.testing.assert_allclose(found.rotation, truth.rotation, atol=0.003)
    np.testing.assert_allclose(found.shape, truth.shape, atol=0.05)


def test_a_prior_holds_what_landmarks_are_unsure_of(model, places):
    fit, start = LandmarkFit(model, places), face(0.0, 0.2)
    seen = fit.points.project(face(0.0, 0.9))
    found = fit(seen, np.ones(468), start)
    assert fit.errors(seen, found).mean() < 0.5 * fit.errors(seen, start).mean()
    assert np.all((found.expression > 0.2) & (found.expression < 0.9))


def test_points_of_no_certainty_have_no_say(model, places):
    fit, start = LandmarkFit(model, places), face()
    seen = fit.points.project(start)
    wrong, certainty = seen.copy(), np.ones(468)
    hidden = [number for number in range(300, 330) if number not in (323, 263)]  # not the eye corner, which is the unit
    wrong[hidden] += 0.3
    certainty[hidden] = 0
    steady = fit(wrong, certainty, start)
    np.testing.assert_allclose(fit.points.project(steady), seen, atol=1e-4)
    assert np.abs(fit.points.project(fit(wrong, np.ones(468), start)) - seen).mean() > 0.003


def test_what_landmarks_do_not_show_stays_as_the_network_read_it(model, places):
    """A basis that moves nothing is held by its prior alone."""
    still = replace(model, identity_basis=np.concatenate([model.identity_basis[:3], 0 * model.identity_basis[:1]]))
    fit, start = LandmarkFit(still, places), face(0.7)
    found = fit(fit.points.project(face(0.0, 0.1, 0.2)), np.ones(468), start)
    assert found.identity[3] == pytest.approx(0.7)
    assert abs(found.identity[0] - 0.7) > 0.1


def test_expression_stays_close_to_its_bounds(model, places):
    fit = LandmarkFit(model, places)
    found = fit(fit.points.project(face(0.0, 1.8)), np.ones(468), face(0.0, 0.9))
    assert 1.0 < found.expression.max() < 1.4


def test_a_face_goes_into_coefficients_and_back(model):
    zeros = torch.zeros(1, 4)
    read = Coefficients(zeros, zeros, zeros + 2, zeros + 3, torch.zeros(1, 9, 3), Pose(torch.zeros(1, 3), torch.zeros(1, 3)))
    there = face(0.5, 0.3, 0.4).put_into(read)
    assert torch.equal(there.static, read.static)
    back = PosedFace.of(there)
    np.testing.assert_allclose(back.rotation, face(0.5, 0.3, 0.4).rotation, atol=1e-6)
    np.testing.assert_allclose(back.shape, [0.5] * 4 + [0.3] * 4, atol=1e-6)
