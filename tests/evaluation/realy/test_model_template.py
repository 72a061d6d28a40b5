"""Where the 85 keypoints of the project's own templates lie."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from hiface_pl.errors import FaceModelError
from hiface_pl.evaluation.realy.model_template import model_template
from hiface_pl.evaluation.realy.named_template import named_template
from hiface_pl.evaluation.realy.template_file import read_template
from hiface_pl.evaluation.realy.write_template import write_template
from hiface_pl.face_models.face_model import FaceModel, SurfacePoints
from hiface_pl.face_models.ict_face import IctFace
from hiface_pl.face_models.mirror import MIRROR_85
from hiface_pl.face_models.model_file import save_face_model
from hiface_pl.face_models.named_source import named_source
from hiface_pl.meshes.read_obj import read_obj
from tests.tiny import tiny_model


@pytest.fixture(scope="module")
def open_face():
    return named_source("open").load()


@pytest.fixture(scope="module")
def ict_face(test_data):
    return IctFace(test_data / "assets" / "ict_face.npz").load()


def anatomy(model: FaceModel) -> None:
    template = model_template(model, model.name)
    points = template.keypoints(template.places)
    x, y, z = points.T
    np.testing.assert_allclose(points[MIRROR_85] * [-1, 1, 1], points, atol=1.0)
    assert x[36] < x[39] < 0 < x[42] < x[45]  # the subject's right eye is seen on the left
    assert x[48] < -15 < 15 < x[54]
    assert y[19] > y[37] > y[41] > y[30] > y[33] > y[51] > y[57] > y[8]
    wing, cheekbone = points[70], points[76]
    assert x[31] - 18 < wing[0] < x[31] - 3
    assert y[33] < wing[1] < y[29]
    assert wing[2] < z[33]
    assert x[17] < cheekbone[0] < x[41]
    assert y[30] < cheekbone[1] < y[41]
    assert y[68] < y[41]
    assert y[78] < y[57]
    assert abs(x[79]) < 0.5
    assert x[74] < x[81] < x[72] < x[48]


def test_keypoints_of_the_open_model_lie_where_they_should(open_face):
    anatomy(open_face)


@pytest.mark.licensed
def test_keypoints_of_ict_lie_where_they_should(ict_face):
    anatomy(ict_face)


def test_they_are_those_of_the_face_model_on_any_face(open_face):
    rng = np.random.default_rng(0)
    vertices = open_face.vertices(rng.normal(size=80), rng.uniform(0, 1, 51))
    template = model_template(open_face, "open")
    np.testing.assert_allclose(template.keypoints(vertices.astype(np.float64)), open_face.keypoints85.on(vertices), atol=1e-4)
    np.testing.assert_array_equal(template.triangles, open_face.triangles)
    assert template.keypoint_weights.min() >= 0


def test_detailed_exports_have_them_in_the_same_places(open_face):
    coarse, fine = (named_template(name) for name in ("open", "open-detail"))
    assert (coarse.vertex_count, fine.vertex_count) == (15219, 60385)
    assert len(fine.triangles) == 4 * len(coarse.triangles)
    distance = np.linalg.norm(fine.keypoints(fine.places) - coarse.keypoints(coarse.places), axis=1)
    assert distance.max() < 0.3
    assert coarse.keypoint_hash != fine.keypoint_hash


def test_models_without_the_extra_points_get_them_by_rule(open_face):
    bare = model_template(replace(open_face, keypoints85=None), "bare")
    whole = model_template(open_face, "open")
    distance = np.linalg.norm(bare.keypoints(bare.places) - whole.keypoints(whole.places), axis=1)
    assert distance.max() < 1.0


def test_a_face_model_file_names_two_templates(tmp_path, monkeypatch):
    save_face_model(tiny_model(), tmp_path / "tiny.npz")
    monkeypatch.chdir(tmp_path)
    coarse, fine = named_template("tiny.npz"), named_template("tiny.npz-detail")
    assert coarse.name == "tiny.npz"
    assert coarse.vertex_count == 289
    assert fine.vertex_count == 65 * 65
    np.testing.assert_allclose(fine.keypoints(fine.places), coarse.keypoints(coarse.places), atol=2.0)


def test_a_point_of_no_triangle_is_named():
    model = tiny_model()
    across = SurfacePoints(model.keypoints85.vertices.copy(), model.keypoints85.weights.copy())
    across.vertices[12], across.weights[12] = (0, 100, 288), (0.5, 0.3, 0.2)
    with pytest.raises(FaceModelError, match="keypoint 12 of the face model tiny"):
        model_template(replace(model, keypoints85=across), "tiny")


def test_template_files_come_back_as_they_were(tmp_path: Path):
    template = model_template(tiny_model(), "tiny", 1)
    write_template(template, tmp_path / "tiny.obj")
    again = read_template(tmp_path / "tiny.obj")
    np.testing.assert_array_equal(again.triangles, template.triangles)
    np.testing.assert_array_equal(again.keypoint_weights, template.keypoint_weights)
    np.testing.assert_allclose(read_obj(tmp_path / "tiny.obj").vertices, template.places, rtol=1e-8)
    assert again.keypoint_hash == template.keypoint_hash
