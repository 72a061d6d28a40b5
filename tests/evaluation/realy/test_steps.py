import numpy as np
import pytest
from scipy.sparse import block_diag, coo_array, csc_array, diags_array, kron, vstack
from scipy.sparse.linalg import spsolve

from hiface_pl.errors import EvaluationError
from hiface_pl.evaluation.realy.aggregate import summarise
from hiface_pl.evaluation.realy.deviations import Deviations
from hiface_pl.evaluation.realy.global_fit import global_fit
from hiface_pl.evaluation.realy.handles import handles_of
from hiface_pl.evaluation.realy.keypoint_sets import GLOBAL, NONRIGID, RIGID
from hiface_pl.evaluation.realy.merging import merged
from hiface_pl.evaluation.realy.mesh_errors import MeshErrors
from hiface_pl.evaluation.realy.mode import Mode
from hiface_pl.evaluation.realy.nonrigid_levels import FREE, HANDLED
from hiface_pl.evaluation.realy.nonrigid_system import AffineSystem, SingularSystem
from hiface_pl.evaluation.realy.point_fit import fitted_rotation
from hiface_pl.evaluation.realy.regions import Region
from hiface_pl.evaluation.realy.rigid_fit import RigidTarget
from hiface_pl.evaluation.realy.template import Template
from hiface_pl.meshes.triangle_mesh import TriangleMesh
from tests.evaluation.realy.shapes import grid


def point_template() -> Template:
    """Keypoint i is vertex i."""
    corners = np.arange(85, dtype=np.int32)
    triangles = np.stack([corners, (corners + 1) % 85, (corners + 2) % 85], axis=1)
    return Template("points", 85, triangles, corners, np.tile([1.0, 0, 0], (85, 1)), "")


def test_the_global_scale_is_a_ratio_of_absolute_sums():
    cross = np.array([[1, 0, 0], [-1, 0, 0], [0, 1, 0], [0, -1, 0], [0, 0, 1], [0, 0, -1], [0, 0, 0]], dtype=np.float64)
    source, target = np.zeros((85, 3)), np.zeros((85, 3))
    source[list(GLOBAL)] = cross * [1, 2, 3] + [7, 0, 0]
    target[list(GLOBAL)] = cross + 5
    moved = global_fit(source, point_template(), target, Deviations(Mode.OFFICIAL))
    # 2 (1 + 1 + 1) / 2 (1 + 2 + 3); least squares would give 2 (1 + 2 + 3) / 2 (1 + 4 + 9)
    np.testing.assert_allclose(moved[list(GLOBAL)], 0.5 * cross * [1, 2, 3] + 5, atol=1e-12)


def test_the_fitted_rotation_undoes_a_turn_and_mirrors_only_where_it_may():
    rng = np.random.default_rng(0)
    points = rng.normal(size=(20, 3))
    mirror = points * [1, 1, -1.0]
    strict = Deviations(Mode.STRICT)
    np.testing.assert_allclose(fitted_rotation(points, mirror, "fit", Deviations(Mode.OFFICIAL)), np.diag([1, 1, -1.0]), atol=1e-12)
    assert np.linalg.det(fitted_rotation(points, mirror, "fit", strict)) == pytest.approx(1)
    assert strict.sentences == ("fit: the best fit mirrors the prediction, the best rotation was taken instead",)


def test_keypoints_weigh_as_much_as_the_vertices_of_their_region():
    keypoints = np.zeros((85, 3))
    assert RigidTarget(Region.NOSE, np.zeros((120, 3)), keypoints).repeats == 10
    assert RigidTarget(Region.CHEEK, np.zeros((1000, 3)), keypoints).repeats == 9
    assert {region: len(numbers) for region, numbers in RIGID.items()} == {
        Region.NOSE: 11, Region.MOUTH: 14, Region.FOREHEAD: 22, Region.CHEEK: 27,
    }  # fmt: skip
    assert {region: len(numbers) for region, numbers in NONRIGID.items()} == {
        Region.NOSE: 9, Region.MOUTH: 14, Region.FOREHEAD: 22, Region.CHEEK: 0,
    }  # fmt: skip


def test_merging_keeps_the_order_of_first_appearance():
    vertices = np.array([[9.0, 9, 9], [1, 0, 0], [0, 0, 0], [0, 1, 0], [1, 0, 1e-10], [1, 1, 0]])
    mesh = merged(TriangleMesh(vertices, np.array([[1, 2, 3], [3, 4, 5]], np.int32)))
    np.testing.assert_array_equal(mesh.vertices, vertices[[1, 2, 3, 5]])
    np.testing.assert_array_equal(mesh.triangles, [[0, 1, 2], [2, 0, 3]])


def test_the_later_of_two_keypoints_draws_a_shared_vertex():
    keypoints = np.full((85, 3), 50.0)
    vertices = np.array([[0.0, 0, 0], [50, 50, 50]])
    keypoints[[27, 30]] = [[0.1, 0, 0], [0.2, 0, 0]]
    predicted = np.arange(255, dtype=np.float64).reshape(85, 3)
    handles = handles_of(Region.NOSE, vertices, keypoints, predicted, 9.0, Deviations(Mode.OFFICIAL))
    assert dict(zip(handles.vertices.tolist(), handles.targets[:, 0].tolist(), strict=True)) == {0: 90.0, 1: 105.0}


def test_levels_soften_and_tighten():
    assert [round(level.stiffness, 3) for level in HANDLED] == [150, 50, 30.327, 18.394]
    assert [level.settled for level in FREE] == [1, 0.5, 0.25]
    assert HANDLED[0].handle_weight(0) == 50
    assert HANDLED[1].handle_weight(1) == pytest.approx(5 * np.exp(-0.9))


@pytest.mark.parametrize("step", [1.2, 0.25])
def test_the_system_is_solved_as_by_a_general_solver(step):
    mesh, rng = grid((2.6, 1.9), (0, 0), step, 1), np.random.default_rng(0)
    count, edges = len(mesh.vertices), np.unique(np.sort(mesh.triangles[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2), axis=1), axis=0)
    places = np.column_stack([mesh.vertices, np.ones(count)])
    weights, pulls, axes = rng.integers(0, 2, count).astype(float), rng.normal(size=(count, 3)), np.array([2.0, 2, 3, 2])
    rows = np.tile(np.arange(len(edges)), 2)
    incidence = coo_array((np.repeat([1.0, -1.0], len(edges)), (rows, edges.T.ravel())), shape=(len(edges), count))
    data = diags_array(np.sqrt(weights)) @ block_diag(list(places[:, None]))
    whole = csc_array(vstack([kron(incidence, diags_array(30 * axes)), data]))
    expected = spsolve(csc_array(whole.T @ whole), (places[:, :, None] * pulls[:, None]).reshape(-1, 3))
    found = AffineSystem(mesh).solve(30.0, axes, places, weights, pulls)
    np.testing.assert_allclose(found.reshape(-1, 3), expected, rtol=1e-7, atol=1e-9)


def test_too_few_points_make_a_singular_system_and_damping_keeps_things_in_place():
    mesh = grid((2.6, 1.9), (0, 0), 0.5, 1)
    places = np.column_stack([mesh.vertices, np.ones(len(mesh.vertices))])
    weights = np.zeros(len(places))
    weights[:3] = 1
    system, pulls = AffineSystem(mesh), weights[:, None] * mesh.vertices
    with pytest.raises(SingularSystem):
        system.solve(50.0, np.ones(4), places, weights, pulls)
    maps = system.solve(50.0, np.ones(4), places, weights, pulls, damping=1e-8)
    np.testing.assert_allclose(maps, np.tile(np.eye(4, 3), (len(places), 1, 1)), atol=1e-4)


def test_aggregation_by_hand():
    rows = [(1.0, 2.0, 3.0, 4.0), (2.0, 2.0, 5.0, 4.0), (6.0, 2.0, 4.0, 1.0)]
    summary = summarise([MeshErrors(dict(zip(Region, row, strict=True))) for row in rows])
    assert summary.count == 3
    assert list(summary.mean.values()) == [3, 2, 4, 3]
    assert list(summary.median.values()) == [2, 2, 4, 4]
    assert summary.std[Region.NOSE] == pytest.approx(np.sqrt(7))
    assert summary.std[Region.MOUTH] == 0
    assert summary.all == 3
    assert np.isnan(summarise([MeshErrors(dict(zip(Region, rows[0], strict=True)))]).std[Region.NOSE])
    with pytest.raises(EvaluationError, match="no mesh to average"):
        summarise([])
