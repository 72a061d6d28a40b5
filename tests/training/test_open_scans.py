"""Open scan sets in fit and test: logged names, when, failures, resumed trainings, what is said without a set."""

import csv
import json
from pathlib import Path

import pytest
import torch

from hiface_pl.errors import PhotoError
from hiface_pl.inference.detector import BoxGiven
from tests.evaluation.realy.tiny_scans import write_tiny_scans
from tests.losses.faces import SIZE
from tests.training.compare import differences
from tests.training.conftest import Run
from tests.training.suite import HERE
from tests.training.test_runs import AVERAGED, content, folder_of, last

NAMES = {f"realy/{kind}/{region}" for kind in ("coarse", "detail") for region in ("nose", "mouth", "forehead", "cheek", "all")}
HERE_TOO = "tests.training.test_open_scans"


class MiddleOfThePhoto(BoxGiven):
    """A face in every photo but dark ones, and how often it was looked for."""

    looked: int = 0

    def __init__(self, darkest: float = 0.0) -> None:
        super().__init__(30.0, 30.0, 60.0, 60.0)
        self.darkest = darkest

    def find(self, photo):
        type(self).looked += 1
        if photo.pixels.mean() < self.darkest:
            raise PhotoError(f"no face was found in {photo.name}")
        return super().find(photo)


@pytest.fixture(scope="module")
def scans(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_scans(tmp_path_factory.mktemp("scans"))


@pytest.fixture
def measuring(scans: Path) -> list[object]:
    """Flags that switch it on for two of the three subjects, in this process."""
    common = ["--model.reconstructor.image_size", SIZE, "--scans", "hiface_pl.training.open_scans.OpenScans", "--scans.folder", scans]
    return [*common, "--scans.subjects", 2, "--scans.jobs", 0, "--scans.detector", f"{HERE_TOO}.MiddleOfThePhoto"]


def logged(folder: Path) -> list[dict[str, str]]:
    """Rows of metrics.csv that have a score of the scans."""
    with (folder / "metrics.csv").open() as file:
        return [row for row in csv.DictReader(file) if row.get("realy/coarse/all")]


def test_scores_are_logged_every_so_many_validations(run: Run, tmp_path: Path, measuring: list[object]) -> None:
    MiddleOfThePhoto.looked = 0
    assert run("fit", *measuring, "--scans.every", 2, "--trainer.max_epochs", 4) == 0
    rows = logged(folder_of(tmp_path))
    assert [int(row["epoch"]) for row in rows] == [1, 3]
    assert {name for name in rows[0] if name.startswith("realy/")} == NAMES | {"realy/failed"}
    for row in rows:
        assert all(float(row[name]) > 0.01 for name in NAMES)
        assert float(row["realy/failed"]) == 0
        regions = [float(row[f"realy/detail/{region}"]) for region in ("nose", "mouth", "forehead", "cheek")]
        assert float(row["realy/detail/all"]) == pytest.approx(sum(regions) / 4, rel=1e-5)
    assert MiddleOfThePhoto.looked == 2
    told = (folder_of(tmp_path) / "hparams.yaml").read_text()
    assert "open-scans, REALY protocol, no REALY result: subjects 1, 2 of 3 subjects" in " ".join(told.split())


def test_measuring_changes_no_training_and_resumes_exactly(run: Run, tmp_path: Path, measuring: list[object]) -> None:
    network = [AVERAGED, "--model.reconstructor.encoder", f"{HERE}.DropoutEncoder", "--model.reconstructor.image_size", SIZE]
    length = ["--data.samples", 18, "--trainer.max_epochs", 2]
    assert run("fit", *network, *length) == 0
    plain = content(last(tmp_path))
    assert run("fit", *network, *measuring, *length, "--scans.every", 2) == 0
    whole = last(tmp_path)
    for name, value in plain["state_dict"].items():
        assert torch.equal(content(whole)["state_dict"][name], value)
    assert run("fit", *network, *measuring, *length, "--scans.every", 2, "--data.interrupt_after", 20) == 130
    interrupted = folder_of(tmp_path) / "checkpoints" / "interrupted.ckpt"
    assert content(interrupted)["callbacks"]["OpenScans"] == {"validations": 1}
    assert run("fit", *network, *measuring, *length, "--scans.every", 2, "--ckpt_path", interrupted) == 0
    assert [int(row["epoch"]) for row in logged(folder_of(tmp_path))] == [1]
    assert differences(whole, last(tmp_path)) == []


def test_a_test_measures_all_of_them(run: Run, tmp_path: Path, measuring: list[object], capsys: pytest.CaptureFixture[str]) -> None:
    assert run("fit", "--model.reconstructor.image_size", SIZE) == 0
    checkpoint = last(tmp_path)
    assert run("test", *measuring, "--scans.detector.darkest", 130, "--ckpt_path", checkpoint) == 0
    told = capsys.readouterr().out
    assert "open-scans frontal: mean distance in mm by REALY's protocol, no REALY result; official mode, 2 meshes, 1 FAILED" in " ".join(
        told.split()
    )
    assert "1 of 3 subjects have no score (1), 1 because no face was found in 1" in told
    record = json.loads((folder_of(tmp_path, "test") / "scores.json").read_text())["open_scans"]
    assert record["benchmark"] == "open-scans, REALY protocol"
    assert record["failures"] == {"1": "no face was found in 1"}
    assert (record["detail"]["meshes"], record["detail"]["failed"], record["detail"]["benchmark"]) == (2, 1, "open-scans")
    assert len(record["coarse"]["keypoints"]) == 16
    assert record["coarse"]["keypoints"] != record["detail"]["keypoints"]
    assert float(logged(folder_of(tmp_path, "test"))[0]["realy/coarse/all"]) == pytest.approx(record["coarse"]["all"], rel=1e-5)


def test_where_no_subject_is_measured_there_is_no_number(
    run: Run, tmp_path: Path, measuring: list[object], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.warns(UserWarning, match=r"2 of 2 subjects have no score \(1, 2\), 1 because no face was found in 1"):
        assert run("fit", *measuring, "--scans.detector.darkest", 300, "--trainer.max_epochs", 1) == 0
    rows = (folder_of(tmp_path) / "metrics.csv").read_text()
    assert "realy/failed" in rows
    assert "realy/coarse" not in rows
    assert run("test", *measuring, "--scans.detector.darkest", 300, "--ckpt_path", last(tmp_path)) == 0
    assert "3 of 3 subjects have no score" in capsys.readouterr().out


def test_without_a_set_it_is_said_how_to_get_one(run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("fit", "--trainer.max_epochs", 1) == 0
    assert "open-scans" not in capsys.readouterr().out
    assert run("test", "--ckpt_path", last(tmp_path)) == 0
    assert "`hiface-pl data open-scans --subjects 100 --out DIR`" in capsys.readouterr().out
    assert "open_scans" not in json.loads((folder_of(tmp_path, "test") / "scores.json").read_text())


def test_a_set_that_is_not_there_is_told_before_the_training(
    run: Run, tmp_path: Path, measuring: list[object], scans: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("fit", *measuring, "--scans.folder", tmp_path / "nothing") == 2
    assert "make one with `hiface-pl data open-scans" in capsys.readouterr().err.splitlines()[-1]
    broken = write_tiny_scans(tmp_path / "broken")
    (broken / "REALY_scan_region/2/nose.obj").unlink()
    assert run("fit", *measuring, "--scans.folder", broken) == 2
    assert "2/nose.obj" in capsys.readouterr().err.splitlines()[-1]
    assert run("fit", *measuring, "--scans.every", 0) == 2
    assert "scans.every are positive" in capsys.readouterr().err.splitlines()[-1]


def test_a_network_without_detail_has_coarse_scores_alone(run: Run, tmp_path: Path, measuring: list[object]) -> None:
    coarse = ["--model.reconstructor.detail", "hiface_pl.details.coarse_only.CoarseOnly", "--model.losses.static", "null"]
    assert run("fit", *measuring, *coarse, "--model.losses.age", "null", "--trainer.max_epochs", 1) == 0
    names = {name for name in logged(folder_of(tmp_path))[0] if name.startswith("realy/")}
    assert names == {name for name in NAMES if "coarse" in name} | {"realy/failed"}
