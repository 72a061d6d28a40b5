"""The detector on photos: scikit-image's astronaut and the fetched ones."""

import pickle

import cv2
import numpy as np
import pytest
from skimage import data

from hiface_pl.errors import PhotoError
from hiface_pl.inference.mediapipe_detector import MediapipeDetector
from hiface_pl.inference.photo import Photo
from hiface_pl.perception.landmark_points import IBUG_68, LEFT_EYE, LEFT_EYE_OUTER, LIPS, MOUTH, OVAL, RIGHT_EYE, RIGHT_EYE_OUTER

EYES = [RIGHT_EYE_OUTER, LEFT_EYE_OUTER]
ASTRONAUT = np.array([[193.5, 100.5], [258.0, 104.0]])
"""Outer corners of the eyes, read off the photo."""


def test_groups_of_points_are_rings_of_different_points():
    for ring, count in ((OVAL, 36), (RIGHT_EYE, 16), (LEFT_EYE, 16), (MOUTH, 20), (LIPS, 20), (IBUG_68, 68)):
        assert len(set(ring)) == len(ring) == count
        assert max(ring) < 468


def test_astronaut(detector):
    (face,) = detector.find(data.astronaut())
    assert face.presence > 0.99
    assert face.certainty.min() > 0.3
    assert face.certainty.mean() > 0.85
    np.testing.assert_allclose(face.points[EYES], ASTRONAUT, atol=2)


def test_points_follow_a_turned_moved_and_enlarged_picture(detector):
    turn = cv2.getRotationMatrix2D((225, 130), 35, 1.5)
    turned = cv2.warpAffine(data.astronaut(), turn, (512, 512))
    (upright,), (found,) = detector.find_all([data.astronaut(), turned])
    expected = (upright.points - 0.5) @ turn[:, :2].T + turn[:, 2] + 0.5
    eyes = np.linalg.norm(np.subtract(*expected[EYES]))
    assert np.linalg.norm(found.points - expected, axis=1).mean() < 0.04 * eyes


def test_several_faces_largest_first_and_none(detector):
    astronaut = data.astronaut()[:256, 100:356]
    both = np.zeros((400, 700, 3), dtype=np.uint8)
    both[:128, :128] = cv2.resize(astronaut, (128, 128), interpolation=cv2.INTER_AREA)
    both[100:356, 400:656] = astronaut
    found = detector.find(both)
    assert [bool(face.points[:, 0].mean() > 350) for face in found] == [True, False]
    for picture in (data.coffee(), np.zeros((1, 1, 3), np.uint8), np.full((30, 3000, 3), 200, np.uint8)):
        assert detector.find(picture) == []


def test_points_beyond_the_picture_are_not_certain(detector):
    (face,) = detector.find(data.astronaut()[:, 220:])
    beyond = face.points[:, 0] < 0
    assert beyond.sum() > 50
    assert face.certainty[beyond].max() == 0
    assert face.certainty[~beyond].max() > 0.5


def test_a_detector_goes_to_another_process(detector):
    copy = pickle.loads(pickle.dumps(detector))
    np.testing.assert_array_equal(copy.find(data.astronaut())[0].points, detector.find(data.astronaut())[0].points)


def test_as_a_face_detector(detector):
    finder = MediapipeDetector(detector)
    (box,) = finder.find(Photo("astronaut", data.astronaut()))
    assert box.x == pytest.approx(182, abs=8)
    assert box.y + box.height == pytest.approx(177.5, abs=3)
    with pytest.raises(PhotoError, match="no face was found in coffee"):
        finder.find(Photo("coffee", data.coffee()))
