"""The ICT-FaceKit reader on generated files, and on the real ones where the user has them."""

import numpy as np
import pytest

from hiface_pl.errors import AssetError, FaceModelError
from hiface_pl.face_models.face_model import Part
from hiface_pl.face_models.ict_face import LANDMARKS_68, IctFace
from hiface_pl.face_models.ict_files import read_obj, read_vertices

SIDE = 97
UNITS = ("jawOpen", "eyeLookUp_L", "eyeLookUp_R", "PupilDilate_L")


def head_arrays():
    """A paraboloid of as many vertices as the face area, in cm, with an opening; its landmarks lie anywhere."""
    grid = np.linspace(-1, 1, SIDE)
    x, y = np.meshgrid(grid, grid)
    neutral = np.stack([8 * x, 10 * y, 10 - 6 * x**2 - 3 * y**2], axis=-1).reshape(-1, 3)
    index = np.arange(SIDE * SIDE).reshape(SIDE, SIDE)
    opening = (np.abs(x[:-1, :-1]) < 0.2) & (np.abs(y[:-1, :-1] + 0.4) < 0.05)
    quads = np.stack([index[:-1, :-1], index[:-1, 1:], index[1:, 1:], index[1:, :-1]], axis=-1)[~opening].astype(np.int32)
    rng = np.random.default_rng(0)
    identity = np.stack([np.sin(rng.normal(size=3) * neutral + k) * 0.3 for k in range(3)])
    expression = np.stack([np.exp(-((neutral - neutral[i]) ** 2).sum(axis=1, keepdims=True)) * [0, -1, 0.2] for i in (4000, 6000, 6010)])
    expression = np.concatenate([expression, np.zeros((1, *neutral.shape))])
    uv = np.stack([x.ravel(), y.ravel()], axis=1) * 0.48 + 0.5
    return {
        "neutral": neutral,
        "id": identity,
        "exp": expression,
        "vt": uv,
        "quads": np.stack([quads, quads], axis=-1),
        "names": np.array(UNITS),
    }


def write_obj(path, vertices, arrays):
    lines = [
        "mtllib any.mtl",
        *("v {:.9f} {:.9f} {:.9f}".format(*row) for row in vertices),
        *("vt {:.6f} {:.6f}".format(*row) for row in arrays["vt"]),
    ]
    lines += ["usemtl skin", *("f " + " ".join(f"{a + 1}/{b + 1}" for a, b in face) for face in arrays["quads"])]
    path.write_text("\n".join(lines) + "\n")


@pytest.fixture(scope="module")
def arrays():
    return head_arrays()


@pytest.fixture(scope="module")
def clone(arrays, tmp_path_factory):
    folder = tmp_path_factory.mktemp("ICT-FaceKit") / "FaceXModel"
    folder.mkdir()
    neutral = arrays["neutral"]
    write_obj(folder / "generic_neutral_mesh.obj", neutral, arrays)
    for mode, moved in enumerate(arrays["id"]):
        write_obj(folder / f"identity{mode:03d}.obj", neutral + moved, arrays)
    for name, moved in zip(UNITS, arrays["exp"], strict=True):
        write_obj(folder / f"{name}.obj", neutral + moved, arrays)
    return folder.parent


@pytest.fixture(scope="module")
def model(clone):
    return IctFace(clone).load()


def test_folder_becomes_millimetres_and_offsets(model, arrays):
    count = SIDE * SIDE
    np.testing.assert_allclose(np.diff(model.mean[:count], axis=0), np.diff(arrays["neutral"] * 10, axis=0), atol=1e-3)
    np.testing.assert_allclose(model.identity_basis[:, :count], arrays["id"] * 10, atol=1e-4)
    jaw = model.expression_names.index("jawOpen")
    np.testing.assert_allclose(model.expression_basis[jaw, :count], arrays["exp"][0] * 10, atol=1e-4)
    skin = model.part == Part.SKIN
    np.testing.assert_allclose(model.uv[model.uv_quads[skin]], arrays["vt"][arrays["quads"][..., 1]], atol=1e-5)


def test_units_that_move_nothing_are_left_out(model):
    assert "PupilDilate_L" not in model.expression_names
    assert len(model.expression_names) == 3


def test_npz_and_folder_agree(model, arrays, tmp_path):
    np.savez(tmp_path / "ict.npz", **arrays)
    other = IctFace(tmp_path / "ict.npz").load()
    order = [other.expression_names.index(name) for name in model.expression_names]
    np.testing.assert_allclose(other.mean, model.mean, atol=1e-4)
    np.testing.assert_allclose(other.expression_basis[order], model.expression_basis, atol=1e-3)
    np.testing.assert_array_equal(other.quads, model.quads)
    assert len(IctFace(tmp_path / "ict.npz", modes=2).load().identity_basis) == 2


def test_eyes_and_mouth_are_attached(model):
    assert set(model.part.tolist()) == {Part.SKIN, Part.MOUTH, Part.LEFT_EYE, Part.RIGHT_EYE}
    assert model.keypoints68.vertices[:, 0].tolist() == list(LANDMARKS_68)
    assert len(model.keypoints85.vertices) == 85
    assert set(model.keypoints85.vertices.ravel().tolist()) <= set(model.skin_vertices.tolist())


def test_missing_folder_says_what_to_clone(tmp_path, monkeypatch):
    with pytest.raises(AssetError, match=r"git clone.*ICT-VGL/ICT-FaceKit"):
        IctFace(tmp_path / "nothing").load()
    monkeypatch.setenv("HIFACE_HOME", str(tmp_path))
    with pytest.raises(AssetError, match="ICT-FaceKit"):
        IctFace().load()


def test_face_area_is_no_whole_head(clone):
    with pytest.raises(FaceModelError, match="only the face area"):
        IctFace(clone, whole_head=True).load()


def test_pickled_arrays_are_refused(tmp_path, arrays):
    np.savez(tmp_path / "ict.npz", **{**arrays, "neutral": np.array([print], dtype=object)})
    with pytest.raises(FaceModelError, match="not a readable ICT-FaceKit"):
        IctFace(tmp_path / "ict.npz").load()


def test_broken_obj_is_named(tmp_path):
    (tmp_path / "a.obj").write_text("v 0 0 0\nv 1 x 0\nf 1/1 2/2 3/3\n")
    with pytest.raises(FaceModelError, match=r"a\.obj has unreadable"):
        read_vertices(tmp_path / "a.obj")
    (tmp_path / "b.obj").write_text("v 0 0 0\nv 1 0 0\nvt 0 0\nf 1 2 x\n")
    with pytest.raises(FaceModelError, match="face that is no quad"):
        read_obj(tmp_path / "b.obj")


def test_obj_with_triangles(tmp_path):
    (tmp_path / "a.obj").write_text("v 0 0 0\nv 1 0 0\nv 1 1 0\nvt 0 0\nvt 1 0\nf 1/1/1 2/2/1 3/1/1\n")
    vertices, uv, quads, uv_quads = read_obj(tmp_path / "a.obj")
    assert vertices.shape == (3, 3)
    assert uv.tolist() == [[0, 0], [1, 0]]
    assert quads.tolist() == [[0, 1, 2, -1]]
    assert uv_quads.tolist() == [[0, 1, 0, -1]]


@pytest.mark.licensed
def test_real_face_area(test_data):
    model = IctFace(test_data / "assets" / "ict_face.npz").load()
    places = model.keypoints85.on(model.mean)
    assert (len(model.identity_basis), len(model.skin_vertices)) == (100, 9409)
    assert 80 < np.linalg.norm(places[45] - places[36]) < 100
    eye = np.unique(model.quads[model.part == Part.LEFT_EYE])
    eye = eye[eye >= 0]
    centre = (model.mean[eye].min(axis=0) + model.mean[eye].max(axis=0)) / 2
    # The real eyeball of the same model, relative to the left eye's outer corner.
    np.testing.assert_allclose(centre - places[45], [31.0 - 44.6, 36.0 - 34.3, 78.8 - 86.0], atol=1.5)


@pytest.mark.licensed
def test_real_whole_head(test_data):
    model = IctFace(test_data / "assets" / "ict_full.npz", whole_head=True, modes=5).load()
    assert set(model.part.tolist()) == set(Part)
    assert (len(model.identity_basis), model.uv.min() >= 0, model.uv.max() <= 1) == (5, True, True)
    moved = model.vertices(None, model.expression(eyeLookUp=1.0))
    left = np.unique(model.quads[model.part == Part.LEFT_EYE])
    left = left[left >= 0]
    front = left[model.mean[left, 2].argmax()]
    assert moved[front, 1] - model.mean[front, 1] > 3
