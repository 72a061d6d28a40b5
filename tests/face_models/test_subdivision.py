"""Catmull-Clark against numbers worked out by hand, and keypoints that stay where they were."""

from dataclasses import replace

import numpy as np
import pytest

from hiface_pl.face_models.carried_points import lower_points
from hiface_pl.face_models.face_model import SurfacePoints
from hiface_pl.face_models.subdivision import Refinement, Subdivision, subdivide
from tests.tiny import tiny_model

CUBE = np.array([[x, y, z] for z in (-1, 1) for y in (-1, 1) for x in (-1, 1)], dtype=np.float32)
CUBE_QUADS = np.array([[0, 2, 3, 1], [4, 5, 7, 6], [0, 1, 5, 4], [2, 6, 7, 3], [0, 4, 6, 2], [1, 3, 7, 5]], dtype=np.int32)


def refined(quads, vertices):
    step = Refinement.of(np.asarray(quads, dtype=np.int32), len(vertices))
    return step.catmull_clark() @ vertices, step


def test_cube_by_hand():
    fine, step = refined(CUBE_QUADS, CUBE)
    # Old corner: (F + 2 R) / 3 with F = 1/3 and R = 2/3 along each axis: 5/9. Edge: half of middle and the two faces' mean: 3/4.
    np.testing.assert_allclose(fine[:8], CUBE * 5 / 9, atol=1e-6)
    np.testing.assert_allclose(np.sort(np.abs(fine[8:20]), axis=1), np.tile([0, 0.75, 0.75], (12, 1)), atol=1e-6)
    np.testing.assert_allclose(np.sort(np.abs(fine[20:]), axis=1), np.tile([0, 0, 1], (6, 1)), atol=1e-6)
    assert step.quads().shape == (24, 4)


def test_cube_faces_still_look_outwards():
    fine, step = refined(CUBE_QUADS, CUBE)
    corners = fine[step.quads()]
    normals = np.cross(corners[:, 2] - corners[:, 0], corners[:, 3] - corners[:, 1])
    assert ((normals * corners.mean(axis=1)).sum(axis=1) > 0).all()


def test_boundary_rule_on_one_quad_and_one_triangle():
    vertices = np.array([[0, 0, 0], [8, 0, 0], [8, 8, 0], [0, 8, 0], [16, 4, 0]], dtype=np.float32)
    fine, step = refined([[0, 1, 2, 3], [1, 4, 2, -1]], vertices)
    np.testing.assert_allclose(fine[0], [1, 1, 0])  # 6/8 of itself, 1/8 of (8, 0) and (0, 8)
    np.testing.assert_allclose(fine[1], [8, 0.5, 0])  # its rim neighbours are (0, 0) and (16, 4)
    np.testing.assert_allclose(fine[-1], [32 / 3, 4, 0], rtol=1e-6)
    assert step.quads().shape == (7, 4)
    inner = 5 + int(np.flatnonzero((step.edges == [1, 2]).all(axis=1))[0])
    np.testing.assert_allclose(fine[inner], [(8 + 8 + 4 + 32 / 3) / 4, 4, 0], rtol=1e-6)


def test_unused_vertex_stays():
    fine, _ = refined([[0, 1, 2, 3]], np.array([[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0], [9, 9, 9]], dtype=np.float32))
    np.testing.assert_array_equal(fine[4], [9, 9, 9])


def test_model_stays_linear_and_keeps_parts():
    model = tiny_model()
    fine = subdivide(model, 2)
    rng = np.random.default_rng(0)
    identity, expression = rng.normal(size=4), rng.random(4)
    direct = Subdivision.of(model, 2).apply(model.vertices(identity, expression))
    np.testing.assert_allclose(fine.vertices(identity, expression), direct, atol=2e-4)
    assert fine.level == 2
    assert fine.part.shape == (16 * len(model.part),)
    assert subdivide(model, 0) is model


def test_uv_has_seams_of_its_own():
    model = tiny_model()
    uv_quads = np.arange(model.quads.size, dtype=np.int32).reshape(-1, 4)
    torn = replace(model, uv=model.uv[model.quads].reshape(-1, 2), uv_quads=uv_quads)
    whole, fine = subdivide(model, 1), subdivide(torn, 1)
    np.testing.assert_allclose(fine.uv[fine.uv_quads], whole.uv[whole.uv_quads], atol=1e-6)
    np.testing.assert_array_equal(fine.quads, whole.quads)


def test_keypoints_stay_on_the_surface_and_come_back():
    model = tiny_model()
    triangles = model.triangles[::9]
    weights = np.random.default_rng(1).dirichlet([1, 1, 1], len(triangles)).astype(np.float32)
    points = SurfacePoints(triangles.astype(np.int32), weights)
    fine = Subdivision.of(model, 1)
    carried = fine.carry(points)
    uv = (fine.texture @ model.uv)[:, :2]
    np.testing.assert_allclose(
        np.einsum("nk,nkc->nc", carried.weights, uv[carried.vertices]), np.einsum("nk,nkc->nc", weights, model.uv[triangles]), atol=1e-5
    )
    lowered = lower_points(carried, model.quads, fine.quads)
    np.testing.assert_allclose(lowered.on(model.mean), points.on(model.mean), atol=1e-3)


def test_keypoint_on_a_vertex_keeps_it():
    model = tiny_model()
    fine = subdivide(model, 1)
    np.testing.assert_array_equal(fine.keypoints68.vertices, model.keypoints68.vertices)


@pytest.mark.parametrize("shape", [(3,), (2, 3)])
def test_many_arrays_at_once(shape):
    model = tiny_model()
    fine = Subdivision.of(model, 1)
    rng = np.random.default_rng(2)
    batch = rng.normal(size=(*shape[:-1], len(model.mean), 3)).astype(np.float32)
    expected = fine.positions @ batch.reshape(-1, len(model.mean), 3)[0]
    np.testing.assert_allclose(fine.apply(batch).reshape(-1, expected.shape[0], 3)[0], expected, atol=1e-5)
