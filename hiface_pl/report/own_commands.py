"""The project's own commands as processes: run to their end, measured, and told to stop when this one is."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from hiface_pl.errors import TrainingError
from hiface_pl.launch import RUN_FOLDER

PROGRAM = (sys.executable, "-m", "hiface_pl")
STOPPED = (130, 143)
"""Exit codes of a command that Ctrl-C or SIGTERM stopped."""


@dataclass(frozen=True)
class Ended:
    """How a command ended, negative codes are signals, and what it took (CPU seconds of all its processes)."""

    code: int
    wall: float
    cpu: float


def run_command(arguments: Sequence[str], program: Sequence[str] = PROGRAM, log: Path | None = None, keep: Sequence[int] = ()) -> Ended:
    """Runs one command, also when this process is told to stop: the command then saves its work first.

    What it prints goes to the end of `log` where one is given. It inherits the open files `keep`, such as a lock.
    """
    before, began = os.times(), time.monotonic()
    code = _call([*program, *arguments], log, keep)
    after = os.times()
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    return Ended(code, time.monotonic() - began, cpu)


def require_done(ended: Ended, failure: str) -> None:
    """Raises TrainingError, with the exit code of a command that was stopped, unless it ended well; it has told the reason itself."""
    if ended.code:
        error = TrainingError(f"{failure}, the reason is above: give the same command again to go on from there")
        error.exit_code = ended.code if ended.code in STOPPED else error.exit_code
        raise error


def _call(command: Sequence[str], log: Path | None, keep: Sequence[int]) -> int:
    environment = {name: value for name, value in os.environ.items() if name != RUN_FOLDER}
    stream = log.open("ab") if log else None
    child: subprocess.Popen[bytes] | None = None
    told: list[int] = []

    def pass_on(signum: int, _frame: object) -> None:
        told.append(signum)
        if child is not None:
            child.terminate()

    former = signal.signal(signal.SIGTERM, pass_on)
    try:
        child = subprocess.Popen(command, env=environment, stdout=stream, stderr=stream, pass_fds=tuple(keep))
        if told:
            child.terminate()
        return child.wait()
    except KeyboardInterrupt:
        if child is not None:
            child.wait()  # it got the same Ctrl-C
        raise
    finally:
        signal.signal(signal.SIGTERM, former)
        if stream is not None:
            stream.close()
