"""Which meshes are refused before anything is computed, and that good ones are not."""

from dataclasses import replace

import numpy as np
import pytest

from hiface_pl.errors import MeshError
from hiface_pl.evaluation.realy.model_template import model_template
from hiface_pl.evaluation.realy.prediction_check import (
    EDGES_OFF,
    KEYPOINTS_OFF,
    check_prediction,
    keypoint_distance,
    share_of_other_edges,
)
from hiface_pl.face_models.open_face import OpenFace
from hiface_pl.meshes.triangle_mesh import TriangleMesh
from tests.evaluation.realy.world import template

CAP = template()
TRUTH = CAP.keypoints(CAP.places)


def refused(vertices, triangles=CAP.triangles):
    with pytest.raises(MeshError) as caught:
        check_prediction(TriangleMesh(np.ascontiguousarray(vertices, np.float64), triangles), CAP, TRUTH)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def accepted(vertices, triangles=CAP.triangles):
    check_prediction(TriangleMesh(np.ascontiguousarray(vertices, np.float64), triangles), CAP, TRUTH)
    return True


def test_pose_unit_mirror_and_order_of_triangles_do_not_matter():
    assert accepted(CAP.places)
    assert accepted(CAP.places[:, [2, 0, 1]] * 1e-3 + 7)
    assert accepted(CAP.places * [-1, 1, 1])
    assert accepted(CAP.places, CAP.triangles[::-1].copy())
    assert accepted(CAP.places, np.roll(CAP.triangles, 1, axis=1))
    assert accepted(CAP.places, CAP.triangles[:, ::-1].copy())


def test_counts_and_numbers():
    assert "it is empty" in refused(np.empty((0, 3)), np.empty((0, 3), np.int32))
    assert f"{len(CAP.places) - 1} vertices, the template cap has {len(CAP.places)}" in refused(CAP.places[:-1])
    broken = CAP.places.copy()
    broken[3, 1], broken[5] = np.nan, np.inf
    assert "2 of its vertices are no numbers" in refused(broken)


def test_faces_are_those_of_the_template():
    assert "no faces" in refused(CAP.places, np.empty((0, 3), np.int32))
    assert "triangles are not" in refused(CAP.places, CAP.triangles[:-1])
    other = CAP.triangles.copy()
    other[0, 0] = 100
    assert "triangles are not" in refused(CAP.places, other)


@pytest.mark.parametrize(
    "order",
    [lambda v: np.random.default_rng(0).permutation(v), lambda v: v[np.lexsort(v.T)], lambda v: np.roll(v, 200, 0)],
)
def test_another_order_of_vertices_shows_at_the_keypoints(order):
    assert "form no face" in refused(order(CAP.places))


def test_vertices_that_only_changed_places_with_near_ones_show_at_the_edges():
    near = np.argsort(np.arange(len(CAP.places)) + np.random.default_rng(0).uniform(0, 6, len(CAP.places)))
    assert "of its edges are 3 times longer" in refused(CAP.places[near])


def test_a_point_is_no_face():
    assert refused(np.ones_like(CAP.places))


def test_triangles_without_area():
    flat = CAP.places.copy()
    flat[100:150] = flat[100]
    assert "no area" in refused(flat)
    closed = CAP.places.copy()
    closed[101] = closed[100]
    assert accepted(closed)


@pytest.fixture(scope="module")
def model():
    return OpenFace().load()


def test_faces_of_the_open_model_with_strong_expressions_pass_and_other_orders_do_not(model):
    made, rng = model_template(model, "open"), np.random.default_rng(0)
    truth = made.keypoints(made.places)
    off, edges = [], []
    for _ in range(12):
        units = rng.permutation(len(model.expression_basis))[:12]
        identity = np.tensordot(rng.normal(size=len(model.identity_basis)), model.identity_basis, 1)
        face = (model.mean + identity + model.expression_basis[units].sum(axis=0)).astype(np.float64)
        off.append(keypoint_distance(made.keypoints(face), truth))
        edges.append(share_of_other_edges(face, made))
    assert max(off) < 0.75 * KEYPOINTS_OFF
    assert max(edges) < 0.5 * EDGES_OFF
    for other in (made.places[::-1], rng.permutation(made.places), made.places[np.lexsort(made.places.T)]):
        assert keypoint_distance(made.keypoints(np.ascontiguousarray(other)), truth) > 1.5 * KEYPOINTS_OFF
    assert share_of_other_edges(np.roll(made.places, 1, axis=0), made) > 2 * EDGES_OFF
    assert share_of_other_edges(np.roll(made.places, 1, axis=0), replace(made, places=None)) == 0
