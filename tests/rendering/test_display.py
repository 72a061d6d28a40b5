"""Pictures for people: framing, overlays, colours, detail."""

import math

import numpy as np
import torch

from hiface_pl.rendering.camera import project, to_camera
from hiface_pl.rendering.display import FaceDisplay, View, over, shaded
from hiface_pl.rendering.studio import CLAY, tension_colours
from hiface_pl.types import Pose
from tests.tiny import MAP, tiny_assets

ASSETS = tiny_assets()
MODEL = ASSETS.model


def test_a_view_frames_the_mesh_with_soft_edges() -> None:
    picture = shaded(MODEL.mean, MODEL.triangles, 64)
    alpha = picture[..., 3]
    assert picture.shape == (64, 64, 4)
    assert alpha[32, 32] == 255
    rows = np.flatnonzero(alpha.any(axis=1))
    assert 0 < rows[0] < 6
    assert 57 < rows[-1] < 63
    assert ((alpha > 0) & (alpha < 255)).any()
    assert not picture[alpha == 0].any()


def test_a_pose_draws_where_the_network_sees_the_face() -> None:
    pose = Pose(torch.tensor([[0.0, 0.0, 0.0]]), torch.tensor([[30.0, 20.0, -1500.0]]))
    alpha = shaded(MODEL.mean, MODEL.triangles, 80, pose)[..., 3] / 255
    corners = project(to_camera(torch.from_numpy(MODEL.mean)[None], pose))[0] * 80
    rows, columns = np.nonzero(alpha > 0.5)
    low, high = corners.amin(0), corners.amax(0)
    np.testing.assert_allclose([columns.min(), rows.min(), columns.max() + 1, rows.max() + 1], [*low.tolist(), *high.tolist()], atol=1)


def test_yaw_turns_the_nose_to_the_right_and_pitch_down() -> None:
    nose = torch.tensor([[0.0, 0.0, 50.0], [0.0, 0.0, -50.0]])
    assert View(yaw=30).place(nose)[0, 0] > 20
    assert View(pitch=30).place(nose)[0, 1] < -20


def test_displacement_shows_and_zero_does_not() -> None:
    display = FaceDisplay(ASSETS)
    smooth = display.draw(MODEL.mean, 48).astype(int)
    assert np.abs(smooth - display.draw(MODEL.mean, 48, displacement=np.zeros((MAP, MAP)))).max() <= 1
    waves = np.sin(np.arange(MAP))[:, None] * np.ones(MAP)
    assert np.abs(smooth - display.draw(MODEL.mean, 48, displacement=3 * waves)).max() > 20
    np.testing.assert_allclose(smooth, shaded(MODEL.mean, MODEL.triangles, 48), atol=1)


def test_tension_is_red_where_compressed_and_blue_where_stretched() -> None:
    compressed, rest, stretched = tension_colours(np.array([0.3, 0.0, -0.3]))
    assert compressed[0] > 5 * compressed[2]
    assert stretched[2] > 5 * stretched[0]
    np.testing.assert_allclose(rest, CLAY)
    picture = shaded(MODEL.mean, MODEL.triangles, 32, colours=tension_colours(np.full(len(MODEL.mean), 0.3)))
    assert picture[16, 16, 0] > picture[16, 16, 2] + 80


def test_own_normals_light_like_computed_ones_in_every_view() -> None:
    display = shaded(MODEL.mean, MODEL.triangles, 32, View(yaw=40)).astype(int)
    normals = np.array([[0, 0, 1]], dtype=np.float32).repeat(len(MODEL.mean), axis=0)
    assert np.abs(shaded(MODEL.mean, MODEL.triangles, 32, View(yaw=40), normals=normals) - display).max() > 20
    side = shaded(MODEL.mean, MODEL.triangles, 32, View(yaw=40), normals=normals)[16, 16]
    posed = Pose(torch.tensor([[0.0, math.radians(40), 0.0]]), torch.tensor([[0.0, 0.0, -950.0]]))
    np.testing.assert_allclose(side, shaded(MODEL.mean, MODEL.triangles, 32, posed, normals=normals)[16, 16], atol=2)


def test_over_a_photo_and_over_grey() -> None:
    picture = np.zeros((1, 2, 4), np.uint8)
    picture[0, 0] = (10, 20, 30, 255)
    photo = np.full((1, 2, 3), 90, np.uint8)
    assert over(picture, photo).tolist() == [[[10, 20, 30], [90, 90, 90]]]
    assert over(picture, 1.0)[0, 1].tolist() == [255, 255, 255]
