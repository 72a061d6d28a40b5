"""A process that dies ends the others within seconds, with one sentence that tells how to go on."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from queue import Queue

import pytest

from hiface_pl.errors import ProcessLost
from hiface_pl.training import process_watch
from hiface_pl.training.lost_processes import Company, explained_workers, is_partner_gone
from tests.distributed.suite import start, torchrun_like, write_files

ENDLESS = ("--trainer.max_epochs", "100000", "--data.batch_size", "4")


def wait_for(condition: Callable[[], object], patience: float = 240) -> None:
    deadline = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.2)


def checkpoints(folder: Path) -> list[Path]:
    return list((folder / "runs" / "tiny").glob("*/checkpoints/last.ckpt"))


def test_the_survivor_tells_how_to_go_on(tmp_path: Path) -> None:
    files = write_files(tmp_path)
    training = start(tmp_path, ["fit", *files, "--trainer.devices", "2", *ENDLESS], torchrun_like())
    wait_for(lambda: checkpoints(tmp_path) or any(training.exit_codes()))
    training.processes[1].kill()
    assert training.join(60) == [1, -signal.SIGKILL], training.text(0)
    (checkpoint,) = checkpoints(tmp_path)
    last_line = training.text(0).splitlines()[-1]
    assert last_line.startswith("hiface-pl: the training stopped because another process was killed, has ended or does not answer")
    assert f"--config {checkpoint.parents[1] / 'config.yaml'} --ckpt_path {checkpoint.parent}" in last_line
    assert "Traceback" not in training.text(0)


@pytest.mark.slow
@pytest.mark.parametrize("victim", ["first", "second"])
def test_processes_that_the_command_started_end_together(tmp_path: Path, victim: str) -> None:
    files = write_files(tmp_path)
    command = [sys.executable, "-m", "tests.training.run_suite", "fit", *files, "--trainer.devices", "2", *ENDLESS]
    environment = {name: value for name, value in os.environ.items() if name != "HIFACE_RUN_FOLDER"}
    first = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True, env=environment)
    wait_for(lambda: checkpoints(tmp_path) or first.poll() is not None)
    (second,) = children(first.pid)
    os.kill(first.pid if victim == "first" else second, signal.SIGKILL)
    error = first.communicate(timeout=120)[1]
    wait_for(lambda: not is_alive(second), 60)
    gone = "the first process was killed or has ended" if victim == "first" else "process 1 was killed by SIGKILL"
    assert f"the training stopped because {gone}" in error.splitlines()[-1]
    assert error.count("the training stopped") == 1
    assert first.returncode == (-signal.SIGKILL if victim == "first" else 1)


@pytest.mark.slow
def test_a_process_that_reads_samples_is_killed(tmp_path: Path) -> None:
    files = write_files(tmp_path)
    training = start(tmp_path, ["fit", *files, "--trainer.strategy", "auto", *ENDLESS, "--data.workers", "1"], [{}])
    wait_for(lambda: checkpoints(tmp_path) or training.exit_codes() != [None])
    os.kill(children(training.processes[0].pid)[0], signal.SIGKILL)
    assert training.join(60) == [1], training.text(0)
    assert "a process that reads samples was ended by the system" in training.text(0).splitlines()[-1]


def test_what_hangs_is_ended(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    ended: Queue[int] = Queue()
    monkeypatch.setattr(process_watch, "GRACE", 0.1)
    monkeypatch.setattr(process_watch.os, "_exit", ended.put)
    with process_watch.ProcessWatch(Company([subprocess.Popen(["sh", "-c", "exit 3"])])):
        assert ended.get(timeout=60) == 1
    assert "the training stopped because process 1 ended with exit code 3, as told above" in capsys.readouterr().err


def children(pid: int) -> list[int]:
    return [int(text) for text in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_what_tells_that_a_partner_is_gone() -> None:
    assert is_partner_gone(RuntimeError("[/pytorch/third_party/gloo/gloo/transport/tcp/pair.cc:547] Connection closed by peer [::1]:58548"))
    assert not is_partner_gone(RuntimeError("shape '[3]' is invalid for input of size 4"))
    with pytest.raises(ProcessLost, match=r"ended by the system \(Killed\).*lower data.workers"), explained_workers():
        raise RuntimeError("DataLoader worker (pid 123) is killed by signal: Killed. ")
    with pytest.raises(ProcessLost, match="no signal known"), explained_workers():
        raise RuntimeError("DataLoader worker (pid(s) 123, 124) exited unexpectedly")
    with pytest.raises(RuntimeError, match="something else"), explained_workers():
        raise RuntimeError("something else")
