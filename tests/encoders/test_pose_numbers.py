import math

import pytest
import torch

from hiface_pl.data.crop import RISE, SCALE, Crop
from hiface_pl.encoders.placement import middle_of_the_crop, place_in_box
from hiface_pl.encoders.pose_numbers import PoseNumbers
from hiface_pl.rendering.camera import project, rotation_matrix, to_camera
from hiface_pl.types import Pose
from tests.tiny import tiny_model


@pytest.fixture(scope="module")
def landmarks() -> torch.Tensor:
    model = tiny_model()
    return torch.from_numpy(model.keypoints68.on(model.mean))


def test_numbers_and_poses_are_inverse() -> None:
    numbers = torch.randn(16, 6, generator=torch.Generator().manual_seed(0)) * torch.tensor([0.5, 0.5, 0.3, 0.1, 0.1, 0.2])
    frame = PoseNumbers(tiny_model())
    torch.testing.assert_close(frame.numbers(frame.pose(numbers)), numbers, atol=1e-5, rtol=1e-5)


def test_default_crop_is_the_whole_image(landmarks: torch.Tensor) -> None:
    pose = PoseNumbers(tiny_model()).pose(torch.zeros(1, 6))
    crop = Crop.around(project(to_camera(landmarks[None], pose))[0].numpy())
    assert (crop.x, crop.y, crop.side) == pytest.approx((0.5, 0.5, 1.0), abs=1e-4)


def test_turning_does_not_move_the_middle(landmarks: torch.Tensor) -> None:
    frame = PoseNumbers(tiny_model())
    numbers = torch.tensor([[0.0] * 6, [0.1, 0.6, -0.2, 0, 0, 0]])
    middle = project(to_camera(landmarks.mean(0).expand(2, 1, 3), frame.pose(numbers)))
    torch.testing.assert_close(middle[0], middle[1], atol=1e-5, rtol=0)


def test_shift_and_scale_are_in_image_widths(landmarks: torch.Tensor) -> None:
    frame = PoseNumbers(tiny_model())
    numbers = torch.tensor([[0.0] * 6, [0, 0, 0, 0.1, 0.05, 0], [0, 0, 0, 0, 0, math.log(1.2)]])
    image = project(to_camera(landmarks.expand(3, -1, 3), frame.pose(numbers)))
    middle = project(to_camera(landmarks.mean(0).expand(3, 1, 3), frame.pose(numbers)))[:, 0]
    torch.testing.assert_close(middle[1] - middle[0], torch.tensor([0.1, 0.05]), atol=1e-5, rtol=0)
    extent = image.amax(1) - image.amin(1)
    assert (extent[2] / extent[0]).tolist() == pytest.approx([1.2, 1.2], abs=0.02)


def test_faces_of_any_pose_fill_their_box(landmarks: torch.Tensor) -> None:
    generator = torch.Generator().manual_seed(1)
    turned = landmarks @ rotation_matrix(torch.randn(32, 3, generator=generator) * 0.4).mT
    centre, side = 0.4 + 0.2 * torch.rand(32, 2, generator=generator), 0.5 + 0.3 * torch.rand(32, generator=generator)
    image = project(turned + place_in_box(turned, centre, side)[:, None])
    low, high = image.amin(1), image.amax(1)
    torch.testing.assert_close((high - low).amax(-1), side, atol=1e-4, rtol=0)
    torch.testing.assert_close((high + low) / 2, centre, atol=1e-4, rtol=0)


def test_middle_of_the_crop_leaves_room_for_the_forehead(landmarks: torch.Tensor) -> None:
    pose = Pose(torch.zeros(1, 3), middle_of_the_crop(landmarks)[None])
    image = project(to_camera(landmarks[None], pose))[0]
    assert float((image.amax(0) - image.amin(0)).max()) == pytest.approx(1 / SCALE, abs=1e-4)
    assert float((image[:, 1].max() + image[:, 1].min()) / 2) == pytest.approx(0.5 + RISE, abs=1e-4)
