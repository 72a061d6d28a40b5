import io
import os
import signal
import sys
import threading
import time
from functools import partial
from pathlib import Path

import pytest
from rich.console import Console

from hiface_pl.errors import TrainingError
from hiface_pl.report.demo import stages as module
from hiface_pl.report.demo.stages import Stages
from hiface_pl.report.own_commands import run_command


def instead_of_the_project(monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    """Stages call this Python script."""
    monkeypatch.setattr(module, "run_command", partial(run_command, program=(sys.executable, "-c", script)))


@pytest.fixture
def stages(tmp_path, monkeypatch):
    """Stages whose command adds a line to a file instead of running the project."""
    instead_of_the_project(
        monkeypatch, "import sys, pathlib; p = pathlib.Path(sys.argv[1]); p.open('a').write('ran\\n'); sys.exit(int(sys.argv[2]))"
    )

    def make(settings: dict[str, object]) -> Stages:
        made = Stages(tmp_path, Console(file=io.StringIO()))
        made.remember(settings)
        return made

    return make


def test_a_finished_stage_is_kept(stages, tmp_path):
    result = tmp_path / "result"
    for number in range(2):
        made = stages({"count": 1})
        assert made.run("draw", [str(result), "0"], lambda: result) == result
        assert made.finished[0].kept == (number == 1)
        assert made.finished[0].cpu > 0
    assert result.read_text() == "ran\n"


def test_other_settings_inputs_or_a_lost_result_run_it_again(stages, tmp_path):
    result = tmp_path / "result"

    def run(settings: dict[str, object], sign: str = "") -> bool:
        made = stages(settings)
        made.run("draw", [str(result), "0"], lambda: result, sign)
        return made.finished[0].kept

    assert not run({"count": 1})
    assert not run({"count": 2})
    assert not run({"count": 2}, sign="other checkpoint")
    assert run({"count": 2}, sign="other checkpoint")
    result.unlink()
    assert not run({"count": 2}, sign="other checkpoint")


def test_a_failing_stage_stops_the_demo_and_is_not_remembered(stages, tmp_path):
    made = stages({})
    with pytest.raises(TrainingError, match="could not draw"):
        made.run("draw", [str(tmp_path / "result"), "2"], lambda: Path("nowhere"))
    assert stages({}).done == {}


def test_a_stopped_stage_hands_on_its_exit_code(stages, tmp_path):
    with pytest.raises(TrainingError) as caught:
        stages({}).run("draw", [str(tmp_path / "result"), "143"], lambda: Path("nowhere"))
    assert caught.value.exit_code == 143


def test_sigterm_reaches_the_command_and_waits_for_it(stages, tmp_path, monkeypatch):
    saves = "import pathlib, signal, sys, time; p = pathlib.Path(sys.argv[1])\n"
    saves += "def stop(*_): time.sleep(0.3); p.write_text('saved'); sys.exit(143)\n"
    saves += "signal.signal(signal.SIGTERM, stop); p.write_text('began'); time.sleep(60)"
    instead_of_the_project(monkeypatch, saves)
    target = tmp_path / "state"

    def terminate() -> None:
        while not (target.exists() and target.read_text() == "began"):
            time.sleep(0.02)
        os.kill(os.getpid(), signal.SIGTERM)

    thread = threading.Thread(target=terminate)
    thread.start()
    with pytest.raises(TrainingError) as caught:
        stages({}).run("train", [str(target)], lambda: target)
    thread.join()
    assert target.read_text() == "saved"
    assert caught.value.exit_code == 143


def test_work_in_this_process_is_listed(stages):
    made = stages({})
    assert made.here("count", lambda: sum(range(10**6))) == sum(range(10**6))
    assert made.finished[0].name == "count"
    assert made.finished[0].cpu > 0
