import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from hiface_pl.errors import EvaluationError
from hiface_pl.meshes.closest import SurfaceTree
from hiface_pl.meshes.triangle_mesh import TriangleMesh


def soup(count: int, seed: int = 0) -> TriangleMesh:
    """Random triangles, some of them without area."""
    rng = np.random.default_rng(seed)
    vertices = (rng.normal(size=(count, 1, 3)) + 0.3 * rng.normal(size=(count, 3, 3))).reshape(-1, 3)
    vertices[3:6] = vertices[3]
    vertices[8] = (vertices[6] + vertices[7]) / 2
    return TriangleMesh(vertices, np.arange(3 * count, dtype=np.int32).reshape(-1, 3))


def sampled_distance(mesh: TriangleMesh, points: np.ndarray, steps: int = 60) -> np.ndarray:
    """Distance to a dense grid of points on every triangle: never less than the true one."""
    first, second = np.meshgrid(np.arange(steps + 1), np.arange(steps + 1))
    inside = first + second <= steps
    weights = np.stack([steps - first - second, first, second], axis=-1)[inside] / steps
    cloud = np.einsum("wk,mkc->mwc", weights, mesh.vertices[mesh.triangles]).reshape(-1, 3)
    return np.array([np.linalg.norm(cloud - point, axis=1).min() for point in points])


@pytest.mark.parametrize("count", [1, 2, 3, 5, 40])
def test_no_point_of_the_surface_is_nearer(count):
    mesh, points = soup(max(count, 3), count), np.random.default_rng(1).normal(size=(50, 3)) * 2
    mesh = TriangleMesh(mesh.vertices, mesh.triangles[-count:])
    found = SurfaceTree(mesh).closest(points)
    distance, sampled = np.linalg.norm(found.places - points, axis=1), sampled_distance(mesh, points)
    assert np.all(distance <= sampled + 1e-12)
    assert np.all(distance >= sampled - 0.02)


def test_places_are_what_triangles_and_weights_say():
    mesh, points = soup(30), np.random.default_rng(2).normal(size=(200, 3))
    found = SurfaceTree(mesh).closest(points)
    np.testing.assert_allclose(
        np.einsum("nk,nkc->nc", found.weights, mesh.vertices[mesh.triangles[found.triangles]]), found.places, atol=1e-12
    )
    np.testing.assert_allclose(found.weights.sum(axis=1), 1)
    assert found.weights.min() >= -1e-12


def test_a_guess_changes_no_distance_and_points_on_the_surface_have_none():
    mesh, rng = soup(60), np.random.default_rng(3)
    tree, points = SurfaceTree(mesh), rng.normal(size=(300, 3))
    plain, guessed = tree.closest(points), tree.closest(points, rng.integers(0, 60, 300).astype(np.int32))
    np.testing.assert_allclose(
        np.linalg.norm(plain.places - points, axis=1), np.linalg.norm(guessed.places - points, axis=1), rtol=1e-12, atol=1e-12
    )
    np.testing.assert_allclose(tree.closest(plain.places).places, plain.places, atol=1e-12)


def test_a_moved_tree_is_as_good_as_a_new_one_and_leaves_the_old_one_alone():
    mesh, rng = soup(80), np.random.default_rng(4)
    points, tree = rng.normal(size=(100, 3)), SurfaceTree(mesh)
    before = tree.closest(points).places
    bent = mesh.vertices * [1.0, -2.0, 0.5] + np.sin(mesh.vertices[:, ::-1])
    new = SurfaceTree(TriangleMesh(bent, mesh.triangles)).closest(points)
    np.testing.assert_allclose(tree.moved(bent).closest(points).places, new.places, atol=1e-12)
    np.testing.assert_array_equal(tree.closest(points).places, before)


def test_a_turned_tree_finds_what_a_new_one_finds_to_the_last_bit():
    mesh, rng = soup(80), np.random.default_rng(5)
    points, tree = rng.normal(size=(100, 3)), SurfaceTree(mesh)
    for mirror in (1, -1):
        rotation = Rotation.random(random_state=rng).as_matrix() * mirror
        turned = (
            (mesh.vertices @ rotation.T + rng.normal(size=3) + 1e-3 * rng.normal(size=mesh.vertices.shape))
            .astype(np.float32)
            .astype(np.float64)
        )
        new, found = SurfaceTree(TriangleMesh(turned, mesh.triangles)).closest(points), tree.turned(turned).closest(points)
        np.testing.assert_array_equal(found.places, new.places)
        np.testing.assert_array_equal(found.triangles, new.triangles)


def test_a_mesh_without_faces_is_refused():
    with pytest.raises(EvaluationError, match="without triangles"):
        SurfaceTree(TriangleMesh(np.zeros((3, 3)), np.zeros((0, 3), np.int32)))
