"""What is said when a process that takes part in a training is gone: which one, why as far as that is known, and how to go on."""

import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from torch.distributed import DistError

from hiface_pl.errors import ProcessLost, Teller
from hiface_pl.launch import RUN_FOLDER, Launch
from hiface_pl.training.whole_checkpoint import newest_whole

STARTED_BY = "HIFACE_STARTED_BY"
"""Process id of the first process, told to those that it starts."""
WORKER_GONE = re.compile(r"DataLoader worker \(pid(?:\(s\))? [\d, ]+\) (?:is killed by signal: ([\w ]+)|exited unexpectedly)")
TELLING = 2.0
"""Seconds until the system tells how a process ended whose connections are already closed. Our choice."""


class Company:
    """The processes that this one has `started`, and the one that started it as far as its end has to be noticed here.

    That is the first process of the training, or torchrun; SLURM ends its tasks itself.
    """

    def __init__(self, started: list[subprocess.Popen]) -> None:
        self.started = started
        launch, named = Launch.current(), os.environ.get(STARTED_BY)
        self.follows_first = bool(named) and launch.local_rank > 0 and not launch.starter
        self.starter = int(named or 0) if self.follows_first else os.getppid() if launch.starter == "torchrun" else None

    @property
    def is_orphan(self) -> bool:
        """Whether the process that started this one is gone."""
        return self.starter is not None and os.getppid() != self.starter

    @property
    def is_broken(self) -> bool:
        """Whether somebody is gone without having finished."""
        return self.is_orphan or any(process.poll() for process in self.started)

    def lost(self) -> ProcessLost:
        """The error for a training in which another process does not answer. The first process tells it, where there still is one."""
        deadline = time.monotonic() + TELLING
        while (self.started or self.starter is not None) and not self.is_broken and time.monotonic() < deadline:
            time.sleep(0.05)
        error = ProcessLost(self.sentence())
        error.teller = Teller.FIRST if self.follows_first and not self.is_orphan else Teller.PROCESS
        return error

    def sentence(self) -> str:
        """Who is gone and how to go on."""
        return f"the training stopped because {self._who()}: {how_to_go_on()}"

    def _who(self) -> str:
        codes = {number: process.poll() or 0 for number, process in enumerate(self.started, start=1)}
        killed = [f"process {number} was killed by {_signal(-code)}" for number, code in codes.items() if code < 0]
        failed = [f"process {number} ended with exit code {code}, as told above" for number, code in codes.items() if code > 0]
        orphaned = ["the first process was killed or has ended" if self.follows_first else "torchrun has ended"] if self.is_orphan else []
        return (killed or failed or orphaned or ["another process was killed, has ended or does not answer; its own output may tell more"])[
            0
        ]


def is_partner_gone(error: BaseException) -> bool:
    """Whether a collective operation failed because another process does not answer."""
    return isinstance(error, DistError) or (isinstance(error, RuntimeError) and "gloo/transport" in str(error))


@contextmanager
def explained_workers() -> Iterator[None]:
    """Turns the death of a process that reads samples into ProcessLost."""
    try:
        yield
    except RuntimeError as error:
        match = WORKER_GONE.search(str(error))
        if not match:
            raise
        raise ProcessLost(
            f"a process that reads samples was ended by the system ({match.group(1) or 'no signal known'}), most often for lack of memory: "
            f"lower data.workers or data.batch_size; {how_to_go_on()}"
        ) from error


def how_to_go_on() -> str:
    """The command that resumes this run from its newest checkpoint."""
    folder = Path(os.environ.get(RUN_FOLDER, "."))
    checkpoint = newest_whole(folder / "checkpoints")
    if checkpoint is None:
        return "start again, there is no checkpoint to go on from"
    return f"go on with: hiface-pl fit --config {folder / 'config.yaml'} --ckpt_path {checkpoint}"


def _signal(number: int) -> str:
    name = signal.Signals(number).name
    return f"{name} (by the system for lack of memory, or by somebody)" if name == "SIGKILL" else name
