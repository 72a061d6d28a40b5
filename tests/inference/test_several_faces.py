import json

import numpy as np
import pytest
from PIL import Image

from hiface_pl.cli.main import main
from hiface_pl.errors import PhotoError
from hiface_pl.face_models.face_model import SurfacePoints
from hiface_pl.inference.default_detector import default_detector
from hiface_pl.inference.detector import FaceBox, FaceDetector, SkimageCascadeDetector
from hiface_pl.inference.landmark_refiner import LandmarkRefiner
from hiface_pl.inference.photo import Photo
from hiface_pl.inference.posed_points import PosedFace
from hiface_pl.inference.reconstruct import reconstruct_faces
from hiface_pl.inference.session import Session
from hiface_pl.perception.face_landmarks import FaceLandmarks
from tests.inference.faces import tiny_reconstructor

PLACES = [(20.0, 30.0, 90.0), (220.0, 40.0, 70.0), (215.0, 41.0, 66.0), (150.0, 160.0, 20.0)]
BOXES = [FaceBox(x, y, side, side) for x, y, side in PLACES]


class Certain(FaceDetector):
    """Four boxes: two faces, the second one twice, and a small one."""

    certain = True
    described = "a fake"

    def find(self, photo: Photo) -> list[FaceBox]:
        return BOXES


@pytest.fixture
def network(monkeypatch):
    return tiny_reconstructor(monkeypatch)


@pytest.fixture
def photo():
    return Photo("two", np.full((200, 320, 3), 120, np.uint8))


@pytest.fixture
def places(network):
    corners = network.assets.model.triangles
    rng = np.random.default_rng(3)
    return SurfacePoints(corners[rng.integers(0, len(corners), 468)].astype(np.int32), rng.dirichlet(np.ones(3), 468).astype(np.float32))


def test_every_face_once_small_ones_left_out(network, photo):
    found = reconstruct_faces(photo, Certain(), network)
    assert [face.crop.x < 150 for face in found.faces] == [True, False]
    assert found.left_out == 1


def test_a_detector_that_is_not_certain_names_one_face(network, photo, monkeypatch):
    monkeypatch.setattr("hiface_pl.inference.aligner.MOST_DOUBT", 1.0)  # the tiny network is sure of nothing
    doubtful = Certain()
    doubtful.certain = False
    found = reconstruct_faces(photo, doubtful, network)
    assert (len(found.faces), found.left_out) == (1, 0)


def test_the_command_gives_each_face_a_folder_and_one_page(network, monkeypatch, tmp_path, capsys):
    monkeypatch.setattr("hiface_pl.cli.reconstruct_action.load_reconstructor", lambda _path: network)
    monkeypatch.setattr("hiface_pl.cli.reconstruct_action.default_detector", Certain)
    Image.new("RGB", (320, 200)).save(tmp_path / "two.png")
    arguments = ["--checkpoint", str(tmp_path / "x.ckpt"), "--out", str(tmp_path / "out"), "--no-meshes"]
    assert main(["reconstruct", str(tmp_path / "two.png"), *arguments]) == 0
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"two", "faces.png"}
    assert {path.name for path in (tmp_path / "out" / "two").iterdir()} == {"face-1", "face-2"}
    told = capsys.readouterr().out
    assert "faces found by a fake" in told
    assert "1 more faces left out" in told


def test_the_detector_is_the_one_that_was_fetched(monkeypatch, tmp_path):
    monkeypatch.setenv("HIFACE_HOME", str(tmp_path))
    assert isinstance(default_detector(), SkimageCascadeDetector)


def test_the_fit_without_its_asset_names_the_command(network, monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("HIFACE_HOME", str(tmp_path))
    monkeypatch.setattr("hiface_pl.cli.reconstruct_action.load_reconstructor", lambda _path: network)
    Image.new("RGB", (320, 200)).save(tmp_path / "two.png")
    arguments = ["--checkpoint", str(tmp_path / "x.ckpt"), "--out", str(tmp_path / "out"), "--box", "20,20,90,90", "--landmark-fit"]
    assert main(["reconstruct", str(tmp_path / "two.png"), *arguments]) == 2
    error = capsys.readouterr().err
    assert "hiface-pl assets get" in error
    assert error.count("\n") == 1


def test_a_fitted_face_lies_on_the_landmarks_and_keeps_its_detail(network, photo, places, tmp_path):
    refiner = LandmarkRefiner(network, places, lambda *_: None)
    plain = reconstruct_faces(photo, Certain(), network).faces[0]
    seen = plain.crop.to_image(refiner.fit.points.project(PosedFace.of(plain.reconstruction.coefficients)) * 1.04 + 0.01)
    refiner.find = lambda *_: FaceLandmarks(seen, np.ones(468), 1.0)
    fitted = reconstruct_faces(photo, Certain(), network, refiner).faces[0]
    assert fitted.fitted.error_after < 0.5 * fitted.fitted.error_before
    ours, theirs = fitted.reconstruction.coefficients, plain.reconstruction.coefficients
    assert ours.static.equal(theirs.static)
    assert not ours.pose.translation.equal(theirs.pose.translation)
    assert not fitted.reconstruction.shape.expressive.equal(plain.reconstruction.shape.expressive)


def test_a_face_that_the_landmark_network_does_not_see_is_said(network, photo, places):
    with pytest.raises(PhotoError, match="leave out --landmark-fit"):
        reconstruct_faces(photo, Certain(), network, LandmarkRefiner(network, places, lambda *_: None))


def test_errors_and_a_picture_of_the_points_are_written(network, places, tmp_path):
    Image.new("RGB", (320, 200)).save(tmp_path / "two.png")
    points = np.random.default_rng(0).uniform(30, 90, (468, 2))
    refiner = LandmarkRefiner(network, places, lambda *_: FaceLandmarks(points, np.ones(468), 1.0))
    found = Session(network, Certain(), meshes=False, tile=40, refiner=refiner).reconstruct(tmp_path / "two.png", tmp_path / "out")
    record = json.loads((tmp_path / "out" / "face-1" / "landmark_fit.json").read_text())
    assert record["error_after"] == pytest.approx(found.faces[0].fitted.error_after, abs=1e-3)
    assert len(record["landmarks"]) == len(record["model_points"]) == 468
    assert (tmp_path / "out" / "face-1" / "landmark_fit.png") in found.faces[0].files
