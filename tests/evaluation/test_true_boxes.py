"""Boxes around faces whose pose is known."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from hiface_pl.errors import EvaluationError, PhotoError
from hiface_pl.evaluation.true_boxes import TrueBoxes, true_box
from hiface_pl.inference.photo import Photo
from hiface_pl.rendering.camera import project, to_camera
from hiface_pl.types import Pose
from tests.evaluation.detail.tiny_set import tiny_truth, write_tiny_set
from tests.tiny import tiny_model


def test_the_box_spans_the_landmarks_as_the_camera_sees_them(tiny):
    truth, model = tiny_truth(tiny, 1), tiny.model
    rotation, translation = np.array([0.1, 0.7, -0.2], np.float32), np.array([20, -30, -800], np.float32)
    picture = replace(truth.pictures[-1], rotation=rotation, translation=translation)
    vertices = truth.neutral + np.tensordot(picture.expression, model.expression_basis, axes=1).astype(np.float32)
    pose = Pose(torch.from_numpy(rotation)[None], torch.from_numpy(translation)[None])
    places = 512 * project(to_camera(torch.from_numpy(model.keypoints68.on(vertices))[None], pose))[0].numpy()
    corners = true_box(truth, picture, model, 512).box.corners
    np.testing.assert_allclose(corners, [places.min(axis=0), places.max(axis=0)], atol=0.01)


def test_images_are_told_apart_by_name(tiny, tmp_path):
    folder = write_tiny_set(tmp_path / "scans", tiny, 1)
    boxes = TrueBoxes(folder, tiny_model())
    with pytest.raises(PhotoError, match="knows no image 1_9"):
        boxes.find(Photo("1_9", np.zeros((64, 64, 3), np.uint8)))
    with pytest.raises(EvaluationError, match="made with the face model tiny"):
        TrueBoxes(folder, tiny_model(seed=3))
