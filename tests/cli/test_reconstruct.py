import pickle

import numpy as np
import pytest
from PIL import Image

from hiface_pl.cli.main import main
from tests.inference.faces import tiny_reconstructor


@pytest.fixture
def checkpoint(monkeypatch, tmp_path):
    """Stands for a checkpoint of the tiny reconstructor."""
    reconstructor = tiny_reconstructor(monkeypatch)
    monkeypatch.setattr("hiface_pl.cli.reconstruct_action.load_reconstructor", lambda _path: reconstructor)
    return tmp_path / "tiny.ckpt"


def plain_photo(path):
    Image.fromarray(np.full((120, 160, 3), 128, np.uint8)).save(path)
    return path


def test_other_photos_go_on_and_failing_ones_are_named(checkpoint, tmp_path, capsys):
    (tmp_path / "broken.jpg").write_text("no picture")
    photos = [str(tmp_path / "broken.jpg"), str(plain_photo(tmp_path / "wall.png"))]
    assert main(["reconstruct", *photos, "--checkpoint", str(checkpoint), "--out", str(tmp_path / "out")]) == 2
    lines = capsys.readouterr().err.strip().splitlines()
    assert len(lines) == 3
    assert "broken.jpg" in lines[0]
    assert "no face was found in wall" in lines[1]
    assert lines[2].endswith("2 of 2 photos could not be reconstructed (broken.jpg, wall.png): see above for each")


def test_a_box_makes_it_work(checkpoint, tmp_path, capsys):
    photo = plain_photo(tmp_path / "wall.png")
    arguments = ["--checkpoint", str(checkpoint), "--out", str(tmp_path / "out"), "--box", "40,30,60,60", "--no-meshes"]
    assert main(["reconstruct", str(photo), *arguments]) == 0
    sheet = capsys.readouterr().out.strip().splitlines()[-1]
    assert sheet == str(tmp_path / "out" / "wall" / "sheet.png")
    assert Image.open(sheet).width > 1000
    assert not list((tmp_path / "out").rglob("*.obj"))


def test_without_a_checkpoint_the_shipped_network_is_used(monkeypatch, tmp_path):
    reconstructor, loaded = tiny_reconstructor(monkeypatch), []
    monkeypatch.setattr("hiface_pl.cli.reconstruct_action.load_reconstructor", lambda path: loaded.append(path) or reconstructor)
    monkeypatch.setattr("hiface_pl.pretrained.SHIPPED", plain_photo(tmp_path / "mini.png"))
    arguments = ["--out", str(tmp_path / "out"), "--box", "40,30,60,60", "--no-meshes"]
    assert main(["reconstruct", str(plain_photo(tmp_path / "wall.png")), *arguments]) == 0
    assert loaded == [tmp_path / "mini.png"]


def test_a_package_without_its_network_says_so(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr("hiface_pl.pretrained.SHIPPED", tmp_path / "mini.safetensors")
    assert main(["reconstruct", str(plain_photo(tmp_path / "wall.png")), "--out", str(tmp_path / "out")]) == 2
    error = capsys.readouterr().err
    assert "comes without its trained network" in error
    assert error.count("\n") == 1


@pytest.mark.parametrize("box", ["1,2,3", "a,b,c,d", "1;2;3;4"])
def test_a_box_of_another_form_is_a_mistake(checkpoint, tmp_path, capsys, box):
    photo = plain_photo(tmp_path / "wall.png")
    assert main(["reconstruct", str(photo), "--checkpoint", str(checkpoint), "--out", str(tmp_path / "out"), "--box", box]) == 2
    assert "is not four numbers x,y,w,h" in capsys.readouterr().err


def test_a_box_speaks_of_one_photo(checkpoint, tmp_path, capsys):
    photo = str(plain_photo(tmp_path / "wall.png"))
    assert main(["reconstruct", photo, photo, "--checkpoint", str(checkpoint), "--out", str(tmp_path / "out"), "--box", "1,2,30,40"]) == 2
    assert "one photo a call" in capsys.readouterr().err


def test_an_output_that_is_no_folder_is_told_before_work_starts(tmp_path, capsys):
    (tmp_path / "out").write_text("a file")
    arguments = ["--checkpoint", str(tmp_path / "absent.ckpt"), "--out", str(tmp_path / "out")]
    assert main(["reconstruct", str(plain_photo(tmp_path / "wall.png")), *arguments]) == 2
    assert f"cannot write into {tmp_path / 'out'}" in capsys.readouterr().err


def test_a_missing_checkpoint_is_named(tmp_path, capsys):
    arguments = ["--checkpoint", str(tmp_path / "absent.ckpt"), "--out", str(tmp_path / "out")]
    assert main(["reconstruct", str(plain_photo(tmp_path / "wall.png")), *arguments]) == 2
    error = capsys.readouterr().err
    assert "absent.ckpt" in error
    assert error.count("\n") == 1


def test_a_checkpoint_that_would_run_code_is_refused(tmp_path, capsys):
    (tmp_path / "evil.ckpt").write_bytes(pickle.dumps(print, protocol=2))
    arguments = ["--checkpoint", str(tmp_path / "evil.ckpt"), "--out", str(tmp_path / "out")]
    assert main(["reconstruct", str(plain_photo(tmp_path / "wall.png")), *arguments]) == 2
    assert "evil.ckpt" in capsys.readouterr().err
