"""The face model file: what goes in comes out, the same bytes every time, and nothing that could run code."""

import io
import json
import zipfile
from dataclasses import replace

import numpy as np
import pytest

from hiface_pl.errors import ConfigError, FaceModelError
from hiface_pl.face_models.face_file import FaceFile
from hiface_pl.face_models.face_model import IdentityPrior, SurfacePoints
from hiface_pl.face_models.model_file import STEP, load_face_model, quantised, save_face_model
from tests.tiny import tiny_model


@pytest.fixture
def model():
    rng = np.random.default_rng(0)
    prior = IdentityPrior(rng.normal(size=(4, 7)).astype(np.float32), np.eye(4, dtype=np.float32))
    triangle = replace(tiny_model(), prior=prior, provenance="made up")
    quads, uv_quads = triangle.quads.copy(), triangle.uv_quads.copy()
    quads[3, 3] = uv_quads[3, 3] = -1
    return replace(triangle, quads=quads, uv_quads=uv_quads)


def test_round_trip(tmp_path, model):
    save_face_model(model, tmp_path / "face.npz")
    back = load_face_model(tmp_path / "face.npz")
    np.testing.assert_allclose(back.identity_basis, model.identity_basis, atol=STEP * 0.51)
    np.testing.assert_allclose(back.expression_basis, model.expression_basis, atol=STEP * 0.51)
    np.testing.assert_allclose(back.uv, model.uv, atol=1e-5)
    for name in ("mean", "quads", "uv_quads", "part"):
        np.testing.assert_array_equal(getattr(back, name), getattr(model, name))
    np.testing.assert_array_equal(back.keypoints85.vertices, model.keypoints85.vertices)
    np.testing.assert_allclose(back.prior.mean_weights, model.prior.mean_weights)
    assert (back.name, back.licence, back.provenance, back.level) == (model.name, model.licence, "made up", 0)
    assert back.expression_names == model.expression_names


def test_quantised_is_what_a_file_gives_back(tmp_path, model):
    save_face_model(model, tmp_path / "face.npz")
    assert load_face_model(tmp_path / "face.npz").fingerprint == quantised(model).fingerprint
    assert quantised(quantised(model)).fingerprint == quantised(model).fingerprint


def test_same_model_same_bytes(tmp_path, model):
    for name in ("a.npz", "b.npz"):
        save_face_model(model, tmp_path / name)
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()


def test_large_displacements_get_larger_steps(tmp_path, model):
    far = replace(model, expression_basis=model.expression_basis * 100)
    save_face_model(far, tmp_path / "far.npz")
    error = np.abs(load_face_model(tmp_path / "far.npz").expression_basis - far.expression_basis).max()
    assert error <= np.abs(far.expression_basis).max() / 32767


@pytest.mark.parametrize(
    "change",
    [
        lambda m: {"mean": m.mean + 1},
        lambda m: {"expression_names": (*m.expression_names[:-1], "other")},
        lambda m: {"keypoints68": SurfacePoints.at_vertices(list(range(68)))},
        lambda m: {"keypoints85": None},
        lambda m: {"prior": None},
        lambda m: {"part": m.part + np.uint8(1)},
    ],
)
def test_fingerprint_changes_with_everything(model, change):
    assert replace(model, **change(model)).fingerprint != model.fingerprint


def test_pickled_members_are_refused(tmp_path, model):
    save_face_model(model, tmp_path / "face.npz")
    buffer = io.BytesIO()
    np.lib.format.write_array(buffer, np.array([{"evil": print}], dtype=object), allow_pickle=True)
    with zipfile.ZipFile(tmp_path / "face.npz") as old, zipfile.ZipFile(tmp_path / "evil.npz", "w") as new:
        for name in old.namelist():
            new.writestr(name, buffer.getvalue() if name == "mean.npy" else old.read(name))
    with pytest.raises(FaceModelError, match="not a readable face model file"):
        load_face_model(tmp_path / "evil.npz")


@pytest.mark.parametrize("content", [b"", b"no zip", b"PK\x05\x06" + bytes(18)])
def test_other_files_are_refused(tmp_path, content):
    (tmp_path / "face.npz").write_bytes(content)
    with pytest.raises(FaceModelError, match=r"face\.npz is not a readable face model file"):
        load_face_model(tmp_path / "face.npz")


def test_another_format_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "face.npz", "w") as archive:
        archive.writestr("model.json", json.dumps({"format": 99}))
    with pytest.raises(FaceModelError, match="format 99"):
        load_face_model(tmp_path / "face.npz")


def test_missing_file_names_the_command(tmp_path):
    with pytest.raises(FaceModelError, match="hiface-pl face-model build"):
        FaceFile(tmp_path / "none.npz").load()


def test_face_file_subdivides(tmp_path, model):
    save_face_model(model, tmp_path / "face.npz")
    assert FaceFile(tmp_path / "face.npz", subdivisions=1).load().level == 1
    with pytest.raises(ConfigError, match="0 to 3"):
        FaceFile(tmp_path / "face.npz", subdivisions=9)
