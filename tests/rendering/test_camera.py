"""Rotations, projection, device coordinates."""

import math

import pytest
import torch

from hiface_pl.rendering.camera import FOCAL, project, rotation_matrix, to_camera, to_ndc
from hiface_pl.types import Pose


@pytest.mark.parametrize("angle", [0.0, 1e-6, 0.0999, 0.1001, 1.5, 3.14])
def test_rotation_is_the_matrix_exponential(angle: float) -> None:
    axis = torch.tensor([0.6, -0.48, 0.64], dtype=torch.float64)
    rotation = (angle * axis)[None].requires_grad_()
    x, y, z = (angle * axis).tolist()
    cross = torch.tensor([[0, -z, y], [z, 0, -x], [-y, x, 0]], dtype=torch.float64)
    torch.testing.assert_close(rotation_matrix(rotation)[0], torch.linalg.matrix_exp(cross))
    assert torch.autograd.gradcheck(rotation_matrix, rotation)
    assert torch.autograd.gradgradcheck(rotation_matrix, rotation)


def test_turning_left_and_moving() -> None:
    pose = Pose(torch.tensor([[0.0, math.pi / 2, 0.0]]), torch.tensor([[1.0, 2.0, -3.0]]))
    nose = to_camera(torch.tensor([[[0.0, 0.0, 10.0]]]), pose)
    torch.testing.assert_close(nose, torch.tensor([[[11.0, 2.0, -3.0]]]))


def test_image_and_device_coordinates_name_the_same_point() -> None:
    points = torch.tensor([[[0.0, 0.0, -900.0], [50.0, 30.0, -900.0], [50.0, 30.0, -1800.0]]])
    image, ndc = project(points), to_ndc(points)
    torch.testing.assert_close(image[0, 0], torch.tensor([0.5, 0.5]))
    assert image[0, 1, 0] > 0.5 > image[0, 1, 1]
    torch.testing.assert_close(image[0, 1, 0] - 0.5, torch.tensor(FOCAL * 50 / 900))
    torch.testing.assert_close((image[0, 2] - 0.5) * 2, image[0, 1] - 0.5)
    torch.testing.assert_close(ndc[..., 0], 1 - 2 * image[..., 0])
    torch.testing.assert_close(ndc[..., 1], 1 - 2 * image[..., 1])
    torch.testing.assert_close(ndc[..., 2], -points[..., 2])


def test_points_at_and_behind_the_camera_stay_finite() -> None:
    points = torch.tensor([[[5.0, 5.0, 0.0], [5.0, 5.0, 100.0]]], requires_grad=True)
    assert project(points).isfinite().all()
    torch.autograd.grad(project(points).sum() + to_ndc(points).sum(), points)[0].isfinite().all()
    assert (to_ndc(points)[..., 2] <= 0).all()
