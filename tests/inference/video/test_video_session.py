import csv
import json
from pathlib import Path

import av
import numpy as np
import pytest
import trimesh

from hiface_pl.cli.main import main
from hiface_pl.cli.reconstruct_video import in_words
from hiface_pl.errors import PhotoError
from hiface_pl.inference.detector import FaceBox, FaceDetector
from hiface_pl.inference.photo import Photo
from hiface_pl.inference.session import Session
from hiface_pl.inference.video.session import VideoOptions, VideoSession
from tests.inference.faces import tiny_reconstructor
from tests.inference.video.films import write_film


class BrightOnly(FaceDetector):
    """Sees a face where the frame is bright."""

    certain = True
    described = "a fake"

    def find(self, photo: Photo) -> list[FaceBox]:
        if photo.pixels[40, 60, 0] < 100:
            raise PhotoError("dark")
        return [FaceBox(30.0, 15.0, 40.0, 40.0)]


@pytest.fixture
def network(monkeypatch):
    monkeypatch.setattr("hiface_pl.inference.video.painter.SIDE", 48)
    monkeypatch.setattr("hiface_pl.inference.video.session.SIDE", 48)
    return tiny_reconstructor(monkeypatch)


def decoded(path: Path) -> list[np.ndarray]:
    with av.open(str(path)) as film:
        return [frame.to_ndarray(format="rgb24") for frame in film.decode(video=0)]


def test_a_film_leaves_tracks_and_a_film(network, tmp_path):
    film = write_film(tmp_path / "film.mp4", [150, 150, 20, 20, 150, 150])
    steps = []
    session = VideoSession(Session(network, BrightOnly(), tile=40), VideoOptions(every=4))
    found = session.reconstruct(film, tmp_path / "out", lambda done, total: steps.append((done, total)))
    (face,) = found.faces
    assert (found.frames, found.left_out, found.cut_short, face.missing) == (6, 0, "", [2, 3])
    assert steps[-1] == (12, 12)
    pictures = decoded(tmp_path / "out" / "video.mp4")
    assert len(pictures) == 6
    assert pictures[0].shape == (48, 4 * 48, 3)
    with np.load(tmp_path / "out" / "track.npz", allow_pickle=False) as stored:
        assert stored["seen"].tolist() == [True, True, False, False, True, True]
        np.testing.assert_allclose(stored["time"], np.arange(6) / 25, atol=1e-4)
        assert np.isnan(stored["expression"][2:4]).all()
        assert np.isfinite(stored["expression"][[0, 5]]).all()
        assert stored["landmarks"].shape == (6, 68, 2)
    rows = list(csv.DictReader((tmp_path / "out" / "track.csv").open()))
    assert [row["seen"] for row in rows] == ["1", "1", "0", "0", "1", "1"]
    assert rows[2]["jawOpen"] == ""
    assert float(rows[0]["jawOpen"]) == 0
    about = json.loads((tmp_path / "out" / "track.json").read_text())
    assert about["expression_names"] == list(network.assets.model.expression_names)
    assert {path.name for path in (tmp_path / "out" / "frames").iterdir()} == {"000000", "000004"}
    assert (tmp_path / "out" / "neutral" / "detailed.glb").is_file()
    assert all(path.exists() for path in face.files)


def test_the_animation_is_the_track(network, tmp_path):
    film = write_film(tmp_path / "film.mp4", [150] * 5)
    VideoSession(Session(network, BrightOnly(), tile=40), VideoOptions()).reconstruct(film, tmp_path / "out", lambda *_: None)
    content = (tmp_path / "out" / "animated.glb").read_bytes()
    length = int.from_bytes(content[12:16], "little")
    described = json.loads(content[20 : 20 + length])
    units = network.assets.model.expression_names
    (mesh,) = described["meshes"]
    assert mesh["extras"]["targetNames"] == list(units)
    assert {len(part["targets"]) for part in mesh["primitives"]} == {len(units)}
    weights = described["accessors"][described["animations"][0]["samplers"][0]["output"]]
    assert weights["count"] == 5 * len(units)
    scene = trimesh.load_scene(tmp_path / "out" / "animated.glb", process=False)
    neutral = trimesh.load_scene(tmp_path / "out" / "neutral" / "coarse.glb", process=False)
    np.testing.assert_allclose(scene.extents, neutral.extents, rtol=1e-4)


def test_a_film_without_a_face_is_told(network, tmp_path):
    film = write_film(tmp_path / "film.mp4", [20] * 4)
    session = VideoSession(Session(network, BrightOnly(), tile=40), VideoOptions())
    with pytest.raises(PhotoError, match=r"no face was found in any of the 4 frames of .*film\.mp4"):
        session.reconstruct(film, tmp_path / "out", lambda *_: None)


def test_stopped_while_drawing_the_film_ends_there(network, tmp_path):
    film = write_film(tmp_path / "film.mp4", [150] * 8)

    def stop(done: int, _total: int | None) -> None:
        if done == 8 + 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        VideoSession(Session(network, BrightOnly(), tile=40), VideoOptions()).reconstruct(film, tmp_path / "out", stop)
    assert len(decoded(tmp_path / "out" / "video.mp4")) == 3
    assert (tmp_path / "out" / "track.npz").is_file()


@pytest.fixture
def command(network, monkeypatch, tmp_path):
    monkeypatch.setattr("hiface_pl.cli.reconstruct_action.load_reconstructor", lambda _path: network)
    monkeypatch.setattr("hiface_pl.cli.reconstruct_action.default_detector", BrightOnly)
    common = ["--checkpoint", str(tmp_path / "x.ckpt"), "--out", str(tmp_path / "out"), "--no-meshes"]
    return lambda *words: main(["reconstruct", *map(str, words), *common])


def test_the_command_finds_films_in_folders_and_names_frames_without_a_face(command, tmp_path, capsys):
    (tmp_path / "in").mkdir()
    write_film(tmp_path / "in" / "good.mp4", [150, 150, 20, 150])
    (tmp_path / "in" / "bad.mov").write_text("no film")
    assert command(tmp_path / "in", "--smooth") == 2
    told = capsys.readouterr()
    assert "no face in 1 frames: 2" in told.out
    assert "cannot read the video" in told.err
    assert "1 of 2 files could not be reconstructed (bad.mov)" in told.err
    assert (tmp_path / "out" / "good" / "video.mp4").is_file()
    assert json.loads((tmp_path / "out" / "good" / "track.json").read_text())["smoothing_seconds"] == 0.1
    assert not list((tmp_path / "out").rglob("*.glb"))


def test_options_of_films_need_a_film(command, tmp_path, capsys):
    film = write_film(tmp_path / "film.mp4", [150] * 2)
    (tmp_path / "photo.png").write_bytes(b"")
    assert command(tmp_path / "photo.png", "--smooth") == 2
    assert "--smooth speaks of videos" in capsys.readouterr().err
    assert command(film, "--every", 0) == 2
    assert "--every 0 is not a number of frames above 0" in capsys.readouterr().err


def test_numbers_in_words():
    assert in_words([3, 4, 5, 9, 12, 13]) == "3 to 5, 9, 12 to 13"
    assert in_words(list(range(0, 40, 2)), most=2) == "0, 2 and 18 more ranges (all in track.csv)"
