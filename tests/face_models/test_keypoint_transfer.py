"""The 17 extra points carried from one face to another."""

import numpy as np
import pytest

from hiface_pl.face_models.face_model import Part
from hiface_pl.face_models.ict_face import IctFace
from hiface_pl.face_models.keypoint_transfer import with_extra_points
from hiface_pl.face_models.named_source import named_source

SCORED = [70, 71, 76, 77]


@pytest.fixture(scope="module")
def open_face():
    return named_source("open").load()


def places(model):
    return model.keypoints85.on(model.mean).astype(np.float64)


def off(model, keypoints):
    return np.linalg.norm(places(with_extra_points(model, keypoints)) - places(model), axis=1)


def test_the_models_own_points_come_back_in_any_pose_and_unit(open_face):
    turn = np.linalg.qr(np.random.default_rng(0).normal(size=(3, 3)))[0]
    distance = off(open_face, places(open_face) @ turn.T * 0.013 + [4, -2, 9])
    assert distance.max() < 0.05


def test_points_of_another_person_find_their_places(open_face):
    """The same points on a person two standard deviations off."""
    rng = np.random.default_rng(1)
    other = open_face.keypoints85.on(open_face.vertices(2 * rng.choice([-1, 1], 12))).astype(np.float64)
    distance = off(open_face, other)
    assert distance[:68].max() == 0
    assert distance[SCORED].max() < 3.5
    assert distance.max() < 7
    assert with_extra_points(open_face, other).fingerprint != open_face.fingerprint


@pytest.mark.licensed
def test_rule_and_transfer_agree_between_two_models(open_face, test_data):
    ict = IctFace(test_data / "assets" / "ict_face.npz").load()
    for source, target in ((open_face, ict), (ict, open_face)):
        distance = off(target, places(source))
        assert distance[SCORED].max() < 4
        assert distance.max() < 7
        carried = with_extra_points(target, places(source)).keypoints85.vertices[68:]
        skin = target.triangles[target.triangle_part == Part.SKIN]
        assert set(carried.ravel().tolist()) <= set(skin.ravel().tolist())
