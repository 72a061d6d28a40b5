from pathlib import Path

import pytest
from jsonargparse import Namespace

from hiface_pl.cli.run_folder import new_run_folder, point_loggers_to
from hiface_pl.errors import OutputError
from hiface_pl.launch import RUN_FOLDER


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(RUN_FOLDER, "")
    monkeypatch.delenv("LOCAL_RANK", raising=False)


def test_two_runs_in_one_second_have_two_folders(tmp_path: Path) -> None:
    folders = {new_run_folder(tmp_path, "mine", "fit") for _ in range(3)}
    assert len(folders) == 3
    assert all(folder.parent == tmp_path / "mine" and folder.is_dir() for folder in folders)


def test_other_processes_of_a_run_take_the_first_ones_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = new_run_folder(tmp_path, "mine", "fit")
    monkeypatch.setenv("LOCAL_RANK", "1")
    assert new_run_folder(tmp_path, "mine", "fit") == folder


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot write"):
        new_run_folder(tmp_path / "file", "mine", "fit")


def test_loggers_write_into_the_run(tmp_path: Path) -> None:
    csv = Namespace(
        class_path="lightning.pytorch.loggers.CSVLogger", init_args=Namespace(save_dir="x", name="lightning_logs", version=None)
    )
    other = Namespace(class_path="pkg.Other", init_args=Namespace(save_dir="x", name=None))
    tagged = Namespace(class_path="pkg.Tagged", init_args=Namespace(name="given", group="given too", job_type=None))
    run = {"name": "mine", "group": "matrix-mini", "job_type": "fit", "tags": ["mine"]}
    placed = point_loggers_to([csv, other, tagged], tmp_path, run)
    assert (placed[0].init_args.save_dir, placed[0].init_args.name, placed[0].init_args.version) == (str(tmp_path), "", "")
    assert (placed[1].init_args.save_dir, placed[1].init_args.name) == (str(tmp_path), "mine")
    assert vars(placed[2].init_args) == {"name": "given", "group": "given too", "job_type": "fit"}
    assert csv.init_args.save_dir == "x"
    assert point_loggers_to(None, tmp_path, run) is None
