"""A SLURM job whose time is over writes a checkpoint, goes back to the queue and finds its checkpoint when it starts again."""

import os
import signal
import stat
from pathlib import Path

import pytest

from hiface_pl.training.slurm import job_id, requeue
from tests.training.compare import differences
from tests.training.conftest import Run
from tests.training.test_runs import content, last

JOB = {"SLURM_JOB_ID": "4711", "SLURM_JOB_NAME": "train", "SLURM_NTASKS": "1", "SLURM_NTASKS_PER_NODE": "1", "SLURM_NNODES": "1"}
JOB |= {"SLURM_PROCID": "0", "SLURM_LOCALID": "0", "SLURM_NODEID": "0"}


@pytest.fixture
def calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The environment of a job, with a `scontrol` that writes down what it is told."""
    for name, value in JOB.items():
        monkeypatch.setenv(name, value)
    told, program = tmp_path / "told", tmp_path / "bin" / "scontrol"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\necho "$@" >> {told}\n')
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    return told


def test_a_job_goes_back_to_the_queue_and_goes_on(
    run: Run, tmp_path: Path, calls: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run("fit", "--trainer.max_epochs", 3, "--name", "whole") == 0
    code = run("fit", "--trainer.max_epochs", 3, "--data.interrupt_after", 12, "--data.signum", int(signal.SIGUSR1))
    assert code == 128 + signal.SIGUSR1
    assert calls.read_text() == "requeue 4711\n"
    folder = tmp_path / "runs" / "tiny" / "fit-job4711"
    assert f"--ckpt_path {folder / 'checkpoints' / 'interrupted.ckpt'} (job 4711 is back in the queue" in capsys.readouterr().err
    monkeypatch.setenv("SLURM_RESTART_COUNT", "1")
    assert run("fit", "--trainer.max_epochs", 3) == 0
    assert last(tmp_path).parents[1].name == "fit-job4711-restart1"
    assert differences(tmp_path / "runs" / "whole" / "fit-job4711" / "checkpoints" / "last.ckpt", last(tmp_path)) == []


def test_sigterm_does_not_requeue(run: Run, tmp_path: Path, calls: Path) -> None:
    assert run("fit", "--data.interrupt_after", 6, "--data.signum", int(signal.SIGTERM)) == 143
    assert not calls.exists()
    assert content(tmp_path / "runs" / "tiny" / "fit-job4711" / "checkpoints" / "interrupted.ckpt")["global_step"] == 2


def test_a_first_start_of_a_job_is_from_the_beginning(run: Run, tmp_path: Path, calls: Path) -> None:
    assert run("fit", "--trainer.max_steps", 1) == 0
    assert run("fit", "--trainer.max_steps", 1) == 0
    assert {path.name for path in (tmp_path / "runs" / "tiny").iterdir()} == {"fit-job4711", "fit-job4711-2"}


def test_what_scontrol_says_is_passed_on(tmp_path: Path, calls: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "bin" / "scontrol"
    program.write_text("#!/bin/sh\necho 'Requested operation is presently disabled' >&2\nexit 1\n")
    assert requeue("4711") == "Requested operation is presently disabled"
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "scontrol" in requeue("4711")
    monkeypatch.setenv("SLURM_ARRAY_JOB_ID", "47")
    monkeypatch.setenv("SLURM_ARRAY_TASK_ID", "3")
    assert job_id() == "47_3"
