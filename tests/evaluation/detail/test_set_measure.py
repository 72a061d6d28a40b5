"""A network on a small open scan set, whole."""

import csv
import json

import pytest

from hiface_pl.cli.main import main
from hiface_pl.errors import EvaluationError, PhotoError
from hiface_pl.evaluation.detail.picture_detail import PictureDetail, read_pictures, write_pictures
from hiface_pl.evaluation.detail.set_measure import SetMeasure
from hiface_pl.inference.detector import BoxGiven
from tests.evaluation.detail.tiny_set import write_tiny_set
from tests.inference.faces import tiny_reconstructor


class NotInSideViews(BoxGiven):
    """Finds no face in the second person's side views."""

    def __init__(self):
        super().__init__(10.0, 10.0, 44.0, 44.0)

    def find(self, photo):
        if photo.pixels.mean() in {112, 122, 132, 142} and photo.name.startswith("2_"):
            raise PhotoError(f"no face was found in {photo.name}")
        return super().find(photo)


@pytest.fixture(scope="module")
def folder(tiny, tmp_path_factory):
    return write_tiny_set(tmp_path_factory.mktemp("sets") / "scans", tiny)


@pytest.fixture
def weights(tmp_path):
    (tmp_path / "weights").write_bytes(b"these are the weights")
    return tmp_path / "weights"


@pytest.fixture
def command(folder, weights, tmp_path, monkeypatch):
    network = tiny_reconstructor(monkeypatch)
    monkeypatch.setattr("hiface_pl.cli.named_network.load_reconstructor", lambda _path: network)
    monkeypatch.setattr("hiface_pl.cli.evaluate_detail_action.SkimageCascadeDetector", NotInSideViews)
    return ["evaluate", "detail", "--benchmark", str(folder), "--checkpoint", str(weights), "--out", str(tmp_path / "out")]


def test_the_command_leaves_a_table_and_files(command, tmp_path, capsys):
    assert main(command) == 1
    printed = capsys.readouterr()
    assert "static map" in printed.out
    assert "no face was found in 2_1" in printed.err
    summary = json.loads((tmp_path / "out" / "detail.json").read_text())
    assert [summary[kind]["images"] for kind in ("frontal", "expression", "side")] == [2, 4, 4]
    assert summary["side"]["failed"] == len(summary["failures"]) == 4
    rows = list(csv.DictReader((tmp_path / "out" / "detail.csv").open()))
    assert len(rows) == 14
    mean = sum(float(row["static_error"]) for row in rows if row["kind"] == "expression") / 4
    assert summary["expression"]["means"]["static"]["error"] == pytest.approx(mean)
    assert summary["decoupling"]["same_person"] < 1e-6  # this encoder gives everybody one answer
    assert summary["decoupling"]["spread"] < 1e-6
    assert summary["decoupling"]["true_people"] > 0.05


def test_a_stopped_run_goes_on_to_the_same_files(command, tmp_path, monkeypatch, capsys):
    main(command)
    wanted = (tmp_path / "out" / "detail.json").read_bytes()
    (tmp_path / "out" / "subjects" / "2.npz").write_bytes(b"half a fi")
    asked = []
    original = SetMeasure._picture
    monkeypatch.setattr(SetMeasure, "_picture", lambda self, *rest: asked.append(rest) or original(self, *rest))
    assert main(command) == 1
    assert {truth.subject for truth, _ in asked} == {2}
    assert (tmp_path / "out" / "detail.json").read_bytes() == wanted
    capsys.readouterr()


def test_another_network_needs_another_folder(command, weights, capsys):
    main(command)
    weights.write_bytes(b"others")
    assert main(command) == 2
    assert "made from another network" in capsys.readouterr().err


def test_mistakes_are_one_sentence(command, folder, tmp_path, capsys):
    assert main([*command[:3], str(tmp_path), *command[4:]]) == 2
    error = capsys.readouterr().err
    assert "is not an open scan set" in error
    assert error.count("\n") == 1


def test_a_set_of_another_face_model_is_refused(tiny, folder, tmp_path, monkeypatch):
    other = write_tiny_set(tmp_path / "other", tiny)
    meta = json.loads((other / "open_scans.json").read_text())
    (other / "open_scans.json").write_text(json.dumps(meta | {"fingerprint": "0" * 16}))
    with pytest.raises(EvaluationError, match="maps of two models cannot be compared"):
        SetMeasure(other, tiny_reconstructor(monkeypatch), NotInSideViews())


def test_people_without_any_face_are_kept(tmp_path):
    rows = (PictureDetail("a.jpg", "side", "neutral", problem="no face"),)
    write_pictures(tmp_path / "1.npz", rows)
    assert read_pictures(tmp_path / "1.npz") == rows
    assert read_pictures(tmp_path / "2.npz") is None
