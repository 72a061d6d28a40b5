"""Eyeballs and mouths made for skins that have none."""

from dataclasses import replace

import numpy as np
import pytest

from hiface_pl.errors import FaceModelError
from hiface_pl.face_models.attached_parts import sphere, with_eyeballs, with_gaze, with_mouth_bag
from hiface_pl.face_models.closest_points import closest_on_skin
from hiface_pl.face_models.face_model import Part, SurfacePoints, split_quads
from hiface_pl.face_models.rims import rim_loops
from tests.tiny import tiny_model


@pytest.fixture
def model():
    """The tiny patch with lids near the top, lips around an opening, and a gaze unit a side."""
    tiny = tiny_model()
    centre = tiny.mean[tiny.quads].mean(axis=1)
    keep = ~((np.abs(centre[:, 0]) < 30) & (np.abs(centre[:, 1] + 35) < 15))
    places = np.zeros((68, 3))
    for start, side in ((36, -1), (42, 1)):
        ring = np.array([[-15, 0], [-7, 5], [7, 5], [15, 0], [7, -5], [-7, -5]])
        places[start : start + 6, :2] = ring + np.array([35 * side, 30])
    angle = np.linspace(0, 2 * np.pi, 20, endpoint=False)
    places[48:, :2] = np.stack([28 * np.cos(angle), -35 + 12 * np.sin(angle)], axis=1)
    places[:, 2] = 40
    cut = replace(
        tiny,
        quads=tiny.quads[keep],
        uv_quads=tiny.uv_quads[keep],
        part=tiny.part[keep],
        expression_names=("eyeLookUp_L", "eyeLookOut_L", "x", "y"),
    )
    points = closest_on_skin(cut, places)
    return replace(cut, keypoints68=SurfacePoints(points.vertices, points.weights))


def test_sphere_is_closed_and_looks_outwards():
    points, quads = sphere(10.0)
    np.testing.assert_allclose(np.linalg.norm(points, axis=1), 10, rtol=1e-5)
    assert rim_loops(quads) == []
    corners = points[split_quads(quads)[0]]
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    assert ((normals * corners.mean(axis=1)).sum(axis=1) > 0).all()


def test_eyeballs_lie_behind_the_lids_and_turn(model):
    eyed = with_eyeballs(model)
    for part, lids in ((Part.LEFT_EYE, range(42, 48)), (Part.RIGHT_EYE, range(36, 42))):
        ball = np.unique(eyed.quads[eyed.part == part])
        ball = ball[ball >= 0]
        middle = eyed.mean[ball].mean(axis=0)
        assert middle[2] < model.keypoints68.on(model.mean)[list(lids), 2].mean()
        front = ball[eyed.mean[ball, 2].argmax()]
        up = eyed.vertices(None, np.array([1, 0, 0, 0]))[front] - eyed.mean[front]
        out = eyed.vertices(None, np.array([0, 1, 0, 0]))[front] - eyed.mean[front]
        assert (up[1] > 3) == (out[0] > 3) == (part == Part.LEFT_EYE)
        turned = eyed.vertices(None, np.array([1, 0, 0, 0]))[ball]
        np.testing.assert_allclose(
            np.linalg.norm(turned - turned.mean(axis=0), axis=1), np.linalg.norm(eyed.mean[ball] - middle, axis=1), atol=0.2
        )
    np.testing.assert_array_equal(with_gaze(eyed).expression_basis, eyed.expression_basis)


def test_mouth_bag_closes_the_opening(model):
    before, bagged = rim_loops(model.quads), with_mouth_bag(model)
    assert len(rim_loops(bagged.quads)) == len(before) - 1
    bag = np.unique(bagged.quads[bagged.part == Part.MOUTH])
    assert bagged.mean[bag[bag >= len(model.mean)], 2].max() < model.mean[:, 2].max()
    assert bagged.uv_quads[bagged.part == Part.MOUTH].max() < len(bagged.uv)


def test_a_mouth_without_an_opening_is_refused(model):
    grid = replace(model, quads=model.quads[:1], uv_quads=model.uv_quads[:1], part=model.part[:1])
    with pytest.raises(FaceModelError, match="no opening between the lips"):
        with_mouth_bag(grid)


def test_closest_point_is_the_projection():
    tiny = tiny_model()
    triangle = tiny.mean[tiny.triangles[40]].astype(np.float64)
    normal = np.cross(triangle[1] - triangle[0], triangle[2] - triangle[0])
    inside = np.array([0.2, 0.3, 0.5]) @ triangle
    found = closest_on_skin(tiny, (inside + 0.1 * normal / np.linalg.norm(normal))[None])
    np.testing.assert_allclose(found.on(tiny.mean)[0], inside, atol=0.02)
    corner = closest_on_skin(tiny, np.array([[-500.0, -500.0, 0.0]]))
    np.testing.assert_allclose(corner.on(tiny.mean)[0], tiny.mean[0], atol=1e-3)
