"""Trainings that kill themselves with SIGKILL at a given moment, each in a process of its own: python -m tests.training.killing PLAN.json

A plan is a list of attempts, each with the command line and, if it is to be killed, the moment: `step N` before the N-th step of this
process is taken, `write N` with half of its N-th checkpoint written, `rename N` when that one is about to take its name. What heavy imports
give is shared: every attempt is a fork that then runs the real command.
"""

import io
import json
import os
import signal
import sys
import traceback
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any
from unittest.mock import patch

import torch

import hiface_pl.cli.train
import hiface_pl.reconstructor
import hiface_pl.training.checkpoint_io
from hiface_pl.cli.main import main
from hiface_pl.training.module import HiFaceModule
from tests.training.suite import tiny_face_assets

KILLED = -signal.SIGKILL


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def counted(number: int, function: Callable[..., Any], last_words: Callable[..., None] = lambda *_, **__: None) -> Callable[..., Any]:
    """The function, but its `number`-th call leaves its last words and dies."""
    calls = 0

    @wraps(function)  # the trainer looks at the names of arguments
    def called(*arguments: Any, **named: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == number:
            last_words(*arguments, **named)
            die()
        return function(*arguments, **named)

    return called


def half_written(checkpoint: dict[str, Any], file: io.BufferedWriter) -> None:
    whole = io.BytesIO()
    torch.serialization.save(checkpoint, whole)
    file.write(whole.getvalue()[: whole.tell() // 2])
    file.flush()


def prepare(moment: str, small: bool) -> None:
    """Puts the death in its place, in a process that is about to train."""
    if small:
        patch.object(hiface_pl.reconstructor, "face_assets", tiny_face_assets).start()
    kind, _, number = moment.partition(" ")
    if kind == "step":
        patch.object(HiFaceModule, "training_step", counted(int(number), HiFaceModule.training_step)).start()
    elif kind == "write":
        patch.object(torch, "save", counted(int(number), torch.save, half_written)).start()
    elif kind == "rename":
        io_module = hiface_pl.training.checkpoint_io
        patch.object(io_module, "_keep_former", counted(int(number), io_module._keep_former)).start()


def attempt(command: list[str], moment: str, small: bool) -> int:
    """The exit code of one command line, negative for a signal."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            prepare(moment, small)
            code = main(command)
        finally:
            if sys.exc_info()[0]:
                traceback.print_exc()
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


if __name__ == "__main__":
    torch.set_num_threads(1)
    plan = json.loads(Path(sys.argv[1]).read_text())
    for command, moment in plan["attempts"]:
        os.environ.pop("HIFACE_RUN_FOLDER", None)
        code = attempt(command, moment, plan["small"])
        expected = KILLED if moment else 0
        if code != expected:
            sys.exit(f"{command} with {moment or 'nothing'} ended with {code} instead of {expected}")
