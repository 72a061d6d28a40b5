"""`hiface-pl face-model` on a tiny model."""

import cv2

from hiface_pl.cli.main import main
from hiface_pl.evaluation.realy.template_file import read_template
from hiface_pl.face_models.model_file import load_face_model, save_face_model
from tests.fetched import fetched
from tests.tiny import tiny_model


def test_show_draws_a_sheet(tmp_path, capsys):
    save_face_model(tiny_model(), tmp_path / "tiny.npz")
    assert main(["face-model", "show", str(tmp_path / "tiny.npz"), "--out", str(tmp_path / "sheet.png")]) == 0
    sheet = cv2.imread(str(tmp_path / "sheet.png"))
    assert sheet.shape[1] == 1920
    assert sheet.std() > 10
    assert "4 modes" in capsys.readouterr().err


def test_convert_writes_a_face_model_file(tmp_path):
    save_face_model(tiny_model(), tmp_path / "tiny.npz")
    assert main(["face-model", "convert", str(tmp_path / "tiny.npz"), "--out", str(tmp_path / "copy.npz")]) == 0
    assert load_face_model(tmp_path / "copy.npz").fingerprint == load_face_model(tmp_path / "tiny.npz").fingerprint


def test_template_writes_mesh_and_keypoints(tmp_path, capsys):
    save_face_model(tiny_model(), tmp_path / "tiny.npz")
    assert main(["face-model", "template", str(tmp_path / "tiny.npz-detail"), "--out", str(tmp_path / "fine.obj")]) == 0
    template = read_template(tmp_path / "fine.obj")
    assert template.vertex_count == 65 * 65
    assert template.keypoint_hash in capsys.readouterr().err
    others = ["--points-of", str(tmp_path / "fine.obj"), "--out", str(tmp_path / "coarse.obj")]
    assert main(["face-model", "template", str(tmp_path / "tiny.npz"), *others]) == 0
    assert read_template(tmp_path / "coarse.obj").vertex_count == 17 * 17


def test_mistakes_are_one_sentence(tmp_path, capsys):
    for arguments in (["show", str(tmp_path / "none.npz")], ["show", "no.such.Class"], ["show", "pathlib.Path"]):
        assert main(["face-model", *arguments, "--out", str(tmp_path / "a.png")]) == 2
        assert len(capsys.readouterr().err.strip().splitlines()) == 1
    assert main(["face-model", "show", "--out", str(tmp_path / "a.jpg")]) == 2
    assert "does not end in .png" in capsys.readouterr().err


def test_points_draws_the_landmarks(tmp_path, capsys):
    fetched("face-mesh")
    assert main(["face-model", "points", "--out", str(tmp_path / "points.png")]) == 0
    picture = cv2.imread(str(tmp_path / "points.png"))
    assert picture.shape[1] == 3 * picture.shape[0]
    assert ((picture == (160, 0, 220)).all(axis=2)).sum() > 500
    assert "468 points, 0." in capsys.readouterr().err
