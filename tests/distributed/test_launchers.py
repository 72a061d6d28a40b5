"""The three ways of starting several processes, each on one machine, and going on in the middle of an epoch."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from tests.distributed.suite import slurm_like, start, torchrun_like, write_files

TWO_STEPS = ("--trainer.devices", "2", "--trainer.max_steps", "2")


def the_run(folder: Path) -> Path:
    (run,) = (folder / "runs" / "tiny").iterdir()
    return run


def environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name != "HIFACE_RUN_FOLDER"}


def test_python_starts_the_package_as_a_module() -> None:
    shown = subprocess.run([sys.executable, "-m", "hiface_pl", "--version"], capture_output=True, text=True, check=True).stdout
    assert shown.startswith("hiface-pl ")


@pytest.mark.slow
@pytest.mark.parametrize("starter", [["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"], []])
def test_a_start_by_torchrun_or_by_the_command_itself_is_one_run(tmp_path: Path, starter: list[str]) -> None:
    files = write_files(tmp_path)
    command = [sys.executable, *starter, "-m", "tests.training.run_suite", "fit", *files, *TWO_STEPS]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment(), timeout=500)
    assert done.returncode == 0, done.stderr
    assert (the_run(tmp_path) / "checkpoints" / "last.ckpt").is_file()
    assert done.stdout.count("results of this run") == 1


@pytest.mark.slow
def test_a_start_by_slurm_is_one_run(tmp_path: Path) -> None:
    training = start(tmp_path, ["fit", *write_files(tmp_path), *TWO_STEPS], slurm_like())
    assert training.join() == [0, 0], training.text(0) + training.text(1)
    assert the_run(tmp_path).name == "fit-job4711"
    assert (the_run(tmp_path) / "checkpoints" / "last.ckpt").is_file()
    assert not training.text(1)


def test_a_mistake_is_told_once(tmp_path: Path) -> None:
    training = start(tmp_path, ["fit", *write_files(tmp_path), "--trainer.devices", "4"], torchrun_like())
    assert training.join() == [2, 2]
    assert "torchrun started 2 processes on 1 nodes, the configuration wants 4" in training.text(0)
    assert not training.text(1)
    assert not (tmp_path / "runs").exists()


@pytest.mark.slow
def test_two_processes_go_on_in_the_middle_of_an_epoch(tmp_path: Path) -> None:
    files = [*write_files(tmp_path), "--trainer.devices", "2"]
    last = {}
    for name, steps in (("whole", 8), ("begun", 5), ("resumed", 8)):
        arguments = ["fit", *files, "--trainer.max_epochs", "9", "--trainer.max_steps", str(steps), "--runs", str(tmp_path / name / "runs")]
        if name == "resumed":
            arguments += ["--ckpt_path", str(last["begun"])]
        training = start(tmp_path, arguments, torchrun_like())
        assert training.join() == [0, 0], training.text(0) + training.text(1)
        last[name] = the_run(tmp_path / name) / "checkpoints" / "last.ckpt"
    whole, begun, resumed = (torch.load(last[name], weights_only=True) for name in ("whole", "begun", "resumed"))
    assert (begun["epoch"], begun["global_step"], resumed["global_step"]) == (1, 5, 8)
    for kind in ("state_dict", "current_state"):
        for name, value in whole[kind].items():
            torch.testing.assert_close(resumed[kind][name], value, rtol=0, atol=0)
