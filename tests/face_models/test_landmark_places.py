"""The 468 landmarks on face models: registration, what is stored, and what the network itself says."""

import numpy as np
import pytest

from hiface_pl.errors import AssetError
from hiface_pl.face_models import landmark_places as module
from hiface_pl.face_models.ict_face import IctFace
from hiface_pl.face_models.landmark_places import LandmarkPlaces, found_places, landmark_places
from hiface_pl.face_models.mesh_registration import Anchors, register
from hiface_pl.face_models.open_face import OpenFace
from hiface_pl.face_models.pictures import View, draw
from hiface_pl.meshes.triangle_mesh import TriangleMesh
from hiface_pl.perception.canonical_face import _fields, canonical_face
from hiface_pl.perception.landmark_points import IBUG_68, LEFT_EYE, MOUTH, NOSE_BASE, OVAL, RIGHT_EYE
from tests.fetched import fetched
from tests.tiny import tiny_model


def surface() -> TriangleMesh:
    model = tiny_model()
    return TriangleMesh(model.mean.astype(np.float64), model.triangles)


def bent(vertices: np.ndarray) -> np.ndarray:
    """Larger, turned about z, and bulging."""
    turn = np.array([[0.9, -0.2, 0], [0.2, 0.9, 0], [0, 0, 1.1]])
    return np.asarray(1.2 * vertices @ turn.T + 4 * np.sin(vertices[:, [1, 0, 0]] / 60) + [30.0, -10.0, 5.0])


def test_a_bent_mesh_comes_back():
    target = surface()
    held = np.arange(0, len(target.vertices), 9)
    places = register(TriangleMesh(bent(target.vertices), target.triangles), Anchors(held, target.vertices[held]), target)
    off = np.linalg.norm(places - target.vertices, axis=1)
    assert np.linalg.norm(bent(target.vertices) - target.vertices, axis=1).mean() > 25
    assert off.mean() < 1.0
    assert off.max() < 5.0


def stands_in(monkeypatch) -> np.ndarray:
    """The tiny model's own vertices, moved, as if they were MediaPipe's mesh: 289 points."""
    model = tiny_model()
    numbers = model.keypoints68.vertices[:, 0].copy()
    monkeypatch.setattr(module, "canonical_face", lambda: TriangleMesh(bent(model.mean), model.triangles))
    monkeypatch.setattr(module, "IBUG_68", tuple(numbers.tolist()))
    return model.mean


def test_stored_with_the_model_and_read_again(monkeypatch, tmp_path):
    monkeypatch.setenv("HIFACE_HOME", str(tmp_path))
    expected = stands_in(monkeypatch)
    model = tiny_model()
    first = landmark_places(model)
    assert np.linalg.norm(first.points.on(model.mean) - expected, axis=1).mean() < 1.5
    assert first.residual.shape == (289,)
    assert np.flatnonzero(first.contour).tolist() == sorted(k for k in OVAL if k < 289)
    monkeypatch.setattr(module, "canonical_face", lambda: pytest.fail("was stored"))
    again = landmark_places(model)
    np.testing.assert_array_equal(again.points.weights, first.points.weights)
    assert list(tmp_path.glob(f"derived/{model.fingerprint}-*/landmarks468-*.npz"))


def test_without_the_asset_the_command_is_named(monkeypatch, tmp_path):
    monkeypatch.setenv("HIFACE_HOME", str(tmp_path))
    with pytest.raises(AssetError, match="`hiface-pl assets get face-mesh`"):
        landmark_places(tiny_model())


def test_fields_of_a_message():
    message = bytes([0x08, 0xAC, 0x02, 0x1D, 1, 2, 3, 4, 0x12, 2, 9, 9, 0x21, *range(8)])
    assert list(_fields(message)) == [(1, 300), (3, bytes([1, 2, 3, 4])), (2, b"\x09\x09"), (4, bytes(range(8)))]
    with pytest.raises(ValueError, match="wire type"):
        list(_fields(bytes([0x0B])))


@pytest.fixture(scope="module")
def mesh() -> TriangleMesh:
    fetched("face-mesh")
    return canonical_face()


def test_the_mesh_is_symmetric_and_ends_at_the_oval(mesh):
    assert mesh.vertices.shape == (468, 3)
    distance = np.linalg.norm(mesh.vertices[:, None] * [-1, 1, 1] - mesh.vertices, axis=2)
    assert distance.min(axis=1).max() < 1e-4
    sides = np.sort(np.concatenate([mesh.triangles[:, [k, (k + 1) % 3]] for k in range(3)]), axis=1)
    pairs, times = np.unique(sides, axis=0, return_counts=True)
    assert set(pairs[times == 1].ravel().tolist()) == set(OVAL)


def seems_right(model, places: LandmarkPlaces, mesh: TriangleMesh) -> None:
    points, landmarks = places.points.on(model.mean), model.keypoints68.on(model.mean)
    assert places.residual.mean() < 0.3
    assert places.residual.max() < 2.0
    for number, landmark in ((IBUG_68[k], k) for k in (30, 36, 39, 42, 45, 48, 54)):
        assert np.linalg.norm(points[number] - landmarks[landmark]) < 1.0
    partner = np.linalg.norm(mesh.vertices[:, None] * [-1, 1, 1] - mesh.vertices, axis=2).argmin(axis=1)
    assert np.linalg.norm(points - points[partner] * [-1, 1, 1], axis=1).max() < 1.0
    corners = points[mesh.triangles]
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    assert (normals[:, 2] > 0).mean() > 0.97
    for ring in (RIGHT_EYE, LEFT_EYE, MOUTH):
        assert np.ptp(points[list(ring)], axis=0)[0] > 20
    assert abs(points[NOSE_BASE, 0]) < 0.3


def test_open_model(mesh):
    model = OpenFace().load()
    seems_right(model, found_places(model, mesh, np.array(IBUG_68)), mesh)


@pytest.mark.licensed
def test_ict(mesh, test_data):
    model = IctFace(test_data / "assets" / "ict_face.npz").load()
    seems_right(model, found_places(model, mesh, np.array(IBUG_68)), mesh)


def test_the_network_finds_the_points_where_they_are_projected(mesh, detector):
    model = OpenFace().load()
    places = found_places(model, mesh, np.array(IBUG_68))
    vertices = model.vertices(np.random.default_rng(2).normal(size=len(model.identity_basis)) * 0.7)
    view = View.of(vertices[model.skin_vertices], yaw=12.0, span=300.0)
    (face,) = detector.find(np.rint(draw(model, vertices, view, 512).image * 255).astype(np.uint8))
    on_skin, calibrated = (view.project(points, 512)[:, :2] for points in (places.points.on(vertices), places.on(vertices)))
    eyes = np.linalg.norm(np.subtract(*on_skin[[RIGHT_EYE[0], LEFT_EYE[0]]]))
    off, left = (np.linalg.norm(face.points - projected, axis=1)[~places.contour].mean() / eyes for projected in (on_skin, calibrated))
    assert off < 0.04
    assert left < 0.9 * off
