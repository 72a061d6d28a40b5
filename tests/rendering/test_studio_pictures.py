import numpy as np
import torch

from hiface_pl.rendering.camera import rotation_matrix, to_camera, to_ndc
from hiface_pl.rendering.interpolation import interpolate_in_torch
from hiface_pl.rendering.rasterizers.base import Fragments
from hiface_pl.rendering.rasterizers.kernels import zbuffer
from hiface_pl.rendering.reduced_picture import reduced_picture, seen_vertices
from hiface_pl.rendering.shading_curve import encode
from hiface_pl.rendering.studio import FLAT_LIGHT, RAKING_LIGHT, STUDIO_LIGHT
from hiface_pl.rendering.studio_camera import square_coordinates
from hiface_pl.types import Pose

TRIANGLES = np.array([[0, 1, 2], [2, 1, 3], [4, 5, 6]])
CORNERS = np.float32(
    [[0.7, 0.6, 900], [-0.5, 0.7, 900], [0.6, -0.8, 910], [-0.6, -0.5, 890], [0.2, 0.1, 990], [0.1, 0.1, 990], [0.1, 0.2, 990]]
)


def test_a_reduced_picture_is_the_mean_of_interpolated_colours_over_the_background():
    colours = np.random.default_rng(0).uniform(0, 255, (len(CORNERS), 3)).astype(np.float32)
    triangle, weights, depth = zbuffer(CORNERS, TRIANGLES, 48, 48)
    pixels, coverage = reduced_picture(triangle, weights, TRIANGLES, colours, 16, 200.0)
    fragments = Fragments(*(torch.from_numpy(array)[None] for array in (triangle, weights, depth)))
    fine = interpolate_in_torch(fragments, torch.from_numpy(colours)[None], torch.from_numpy(TRIANGLES))[0].numpy()
    over = np.where(triangle[..., None] >= 0, fine, 200.0)
    np.testing.assert_allclose(pixels, over.reshape(16, 3, 16, 3, 3).mean(axis=(1, 3)), atol=0.51)
    np.testing.assert_allclose(coverage, (triangle >= 0).reshape(16, 3, 16, 3).mean(axis=(1, 3)), atol=1e-6)
    assert 0.2 < coverage.mean() < 0.9


def test_a_square_is_a_part_of_what_the_camera_sees():
    points = np.random.default_rng(2).normal(0, 60, (50, 3)).astype(np.float32)
    pose = Pose(torch.tensor([[0.1, -0.5, 0.2]]), torch.tensor([[10.0, -20.0, -900.0]]))
    rotation, translation = rotation_matrix(pose.rotation)[0].numpy(), pose.translation[0].numpy()
    whole = to_ndc(to_camera(torch.from_numpy(points)[None], pose))[0].numpy()
    np.testing.assert_allclose(square_coordinates(points, rotation, translation, (0.5, 0.5), 1.0), whole, rtol=1e-4, atol=1e-5)
    corner = square_coordinates(points, rotation, translation, (0.75, 0.25), 0.5)  # x to the left, y up: the image's upper right quarter
    np.testing.assert_allclose(corner[:, :2], 2 * whole[:, :2] + np.float32([1, -1]), rtol=1e-4, atol=1e-5)
    behind = square_coordinates(np.float32([[0, 0, 950]]), np.eye(3, dtype=np.float32), translation, (0.5, 0.5), 1.0)
    assert behind[0, 2] == -50
    assert np.isfinite(behind).all()


def test_hidden_vertices_are_not_seen():
    triangle, _, _ = zbuffer(CORNERS, TRIANGLES, 48, 48)
    assert seen_vertices(triangle, TRIANGLES, len(CORNERS)).tolist() == [0, 1, 2, 3]


def unit(*vector):
    return np.float32(vector) / np.linalg.norm(vector).astype(np.float32)


def test_light_is_what_its_formula_says_at_the_vertices_asked_for():
    normals = np.stack([unit(0, 0, 1), unit(-1, 1, 1), unit(1, 0.2, -0.3)])
    turn = np.float32([[0, 0, 1], [0, 1, 0], [-1, 0, 0]])
    albedo = np.full((3, 3), 0.5, np.float32)
    for light in (STUDIO_LIGHT, RAKING_LIGHT):
        turned = normals @ turn.T
        linear = np.array(light.ground) + (turned[:, 1:2] + 1) / 2 * (np.array(light.sky) - light.ground)
        for lamp in light.lamps:
            cosine = (turned @ unit(*lamp.direction) + lamp.wrap) / (1 + lamp.wrap)
            linear = linear + cosine.clip(0)[:, None] * np.array(lamp.colour)
        first = unit(*light.lamps[0].direction)
        gloss = light.gloss * (turned @ unit(*(first + np.float32([0, 0, 1])))).clip(0) ** 24
        expected = 255 * encode(torch.from_numpy(albedo * linear + gloss[:, None] * light.lamps[0].colour)).numpy()
        shown = light.on(normals, turn, albedo, np.array([0, 2]))
        np.testing.assert_allclose(shown[[0, 2]], expected[[0, 2]], rtol=1e-4)
        assert (shown[1] == 0).all()


def test_flat_light_shows_the_colours():
    albedo = np.random.default_rng(1).uniform(0, 1, (4, 3)).astype(np.float32)
    normals = np.tile(unit(1, 2, 3), (4, 1))
    expected = 255 * encode(torch.from_numpy(albedo)).numpy()
    np.testing.assert_allclose(FLAT_LIGHT.on(normals, np.eye(3, dtype=np.float32), albedo, np.arange(4)), expected, rtol=1e-5)
