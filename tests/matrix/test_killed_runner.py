"""kill -9 of runner, row and training at random moments: run again, the table is that of a matrix that nobody disturbed."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from dataclasses import asdict
from pathlib import Path

import pytest

from hiface_pl.matrix.row_plan import RowPlan
from hiface_pl.matrix.row_record import State, record_for
from hiface_pl.matrix.same_data import Line, same_data
from hiface_pl.matrix.status import records_under
from tests.matrix.small_rows import SCALE, plans, write_rows

ROOT = Path(__file__).parents[2]
NAMES = ("second", "first", "after_broken")


def runner(planned: list[RowPlan], folder: Path) -> "subprocess.Popen[bytes]":
    path = folder / "plans.json"
    path.write_text(json.dumps([asdict(plan) for plan in planned]))
    return subprocess.Popen([sys.executable, "-m", "tests.matrix.run_plans", str(path)], cwd=ROOT)


def numbers(folder: Path, root: str) -> list[tuple[object, ...]]:
    lines: list[Line] = same_data(records_under(folder / root, SCALE), SCALE)
    return [(line.row, line.kind, line.seeds, line.start, line.errors, dict(line.faces)) for line in lines]


def kill_rows(root: Path) -> None:
    """kill -9 for every process, however deep, whose command line names the matrix."""
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            words = (entry / "cmdline").read_bytes()
        except OSError:
            continue
        if str(root).encode() in words and int(entry.name) != os.getpid():
            os.kill(int(entry.name), signal.SIGKILL)


@pytest.mark.slow
@pytest.mark.timeout(3000)
def test_killed_at_random_moments_the_table_is_the_same(tmp_path: Path) -> None:
    write_rows(tmp_path)
    whole, planned = (plans(tmp_path, *NAMES, root=root) for root in ("whole", "killed"))
    began = time.monotonic()
    assert runner(whole, tmp_path).wait() == 1
    took, draw = time.monotonic() - began, random.Random()
    for attempt in range(3):
        process = runner(planned, tmp_path)
        time.sleep(draw.uniform(0.05, 0.4) * took)
        process.kill()
        process.wait()
        if attempt:  # once, its row goes on without it
            kill_rows(tmp_path / "killed")
    assert runner(planned, tmp_path).wait() == 1
    assert numbers(tmp_path, "killed") == numbers(tmp_path, "whole")
    assert [line[0] for line in numbers(tmp_path, "whole")] == ["first", "second"]
    states = {plan.name: getattr(record_for(plan), "state", None) for plan in planned}
    assert states == {"first": State.DONE, "second": State.DONE, "broken": State.FAILED, "after_broken": State.WAITING}
