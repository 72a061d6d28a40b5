import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from hiface_pl.face_models import landmark_offsets as module
from hiface_pl.face_models.landmark_offsets import landmark_offsets, write_offsets
from hiface_pl.face_models.open_face import OpenFace
from hiface_pl.rendering.camera import FOCAL
from hiface_pl.synthesis.landmark_calibration import SeenFace, calibrated
from tests.tiny import tiny_model

POINTS = 40
RNG = np.random.default_rng(2)
OFFSETS = RNG.normal(0, 2, (POINTS, 3))
CONTOUR = np.arange(POINTS) < 5


def faces(count: int, noise: float) -> list[SeenFace]:
    """A detector that is off by OFFSETS, by noise, and by a pose of its own in each picture."""
    made = []
    for _ in range(count):
        turn = Rotation.from_rotvec(RNG.normal(0, 0.3, 3)).as_matrix()
        places = RNG.normal(0, 40, (POINTS, 3)) * [1, 1, 0.4]
        where = np.array([0.0, 0.0, -900.0])
        wrong = Rotation.from_rotvec(RNG.normal(0, 0.01, 3)).as_matrix() @ turn
        seen = (places + OFFSETS + noise * RNG.normal(size=(POINTS, 3))) @ wrong.T + where + [*RNG.normal(0, 2, 2), 0]
        depth = -(places @ turn.T + where)[:, 2:]
        made.append(SeenFace(turn, places, places @ turn.T + where, 0.5 + FOCAL * seen[:, :2] * [1, -1] / depth))
    return made


def test_offsets_are_found_but_for_what_pose_explains():
    found = calibrated(faces(150, noise=1.0), CONTOUR)
    left = found.offsets - OFFSETS
    unexplained = left - left[~CONTOUR].mean(axis=0)  # a common shift is the pose's
    assert np.abs(unexplained).mean() < 0.25 * np.abs(OFFSETS).mean()
    assert found.faces == 150
    assert found.after < 0.55 * found.before


def test_without_offsets_there_is_nothing_to_gain():
    true = [SeenFace(f.rotation, f.places, f.before_camera, f.found) for f in faces(60, noise=1.0)]
    still = [SeenFace(f.rotation, f.places + OFFSETS, f.before_camera + OFFSETS @ f.rotation.T, f.found) for f in true]
    found = calibrated(still, CONTOUR)
    assert np.abs(found.offsets).mean() < 0.5
    assert found.after == pytest.approx(found.before, rel=0.1)


def test_only_the_model_they_were_measured_on_has_offsets(tmp_path):
    coarse, fine = (landmark_offsets(OpenFace(level).load(), 468) for level in (0, 1))
    np.testing.assert_array_equal(coarse, fine)
    assert 2 < np.linalg.norm(fine, axis=1).mean() < 6
    assert not landmark_offsets(tiny_model(), 468).any()


def test_what_is_written_is_read(monkeypatch, tmp_path):
    model = tiny_model()
    write_offsets(OFFSETS, model, "a test", tmp_path / "data" / "landmark_offsets.json")
    monkeypatch.setattr(module, "files", lambda _package: tmp_path)
    monkeypatch.setattr(module, "_stored", module._stored.__wrapped__)
    np.testing.assert_allclose(landmark_offsets(model, POINTS), OFFSETS, atol=0.006)
    assert not landmark_offsets(model, POINTS + 1).any()
