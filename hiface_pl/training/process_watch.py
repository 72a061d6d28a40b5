"""Processes of one training look after each other: when one is gone the others end with a sentence, and none of them stays behind.

A collective operation of the gloo backend fails at once when its partner is gone; one of NCCL waits inside a GPU kernel until a timeout.
So a thread watches the process that started this one, and those that it started, and ends what does not end by itself.
"""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

import lightning
from lightning.fabric.utilities.distributed import _set_num_threads_if_needed
from lightning.pytorch.strategies.launchers import _SubprocessScriptLauncher
from typing_extensions import override

from hiface_pl.training.lost_processes import STARTED_BY, Company, is_partner_gone

GRACE = 15.0
"""Seconds that a process has for ending by itself once another one is gone. Our choice: enough for closing files."""
EVERY = 0.5


class WatchedProcesses(_SubprocessScriptLauncher):
    """Starts one process a device, as Lightning does, which would answer the death of one by killing all others without a word."""

    @override
    def launch(self, function: Callable, *args: Any, trainer: lightning.Trainer | None = None, **kwargs: Any) -> Any:
        """Calls `function` in every process. Raises ProcessLost where another process is gone."""
        self.cluster_environment.validate_settings(num_devices=self.num_processes, num_nodes=self.num_nodes)
        if not self.cluster_environment.creates_processes_externally:
            os.environ[STARTED_BY] = str(os.getpid())
            self._call_children_scripts()
        _set_num_threads_if_needed(num_processes=self.num_processes)
        company = Company(self.procs)
        with ProcessWatch(company):
            try:
                return function(*args, **kwargs)
            except Exception as error:
                lost = company.lost() if is_partner_gone(error) else None
                end(self.procs)
                if lost is None:
                    raise
                raise lost from error


class ProcessWatch:
    """Inside this block the process ends, GRACE seconds late at most, when somebody of its company is gone."""

    def __init__(self, company: Company) -> None:
        self.company = company
        self.done = threading.Event()

    def __enter__(self) -> None:
        if self.company.started or self.company.starter is not None:
            threading.Thread(target=self._watch, daemon=True, name="process-watch").start()

    def __exit__(self, *_: object) -> None:
        self.done.set()

    def _watch(self) -> None:
        while not self.done.wait(EVERY):
            if self.company.is_broken and not self.done.wait(GRACE):
                sys.stderr.write(f"hiface-pl: {self.company.sentence()}\n")
                sys.stderr.flush()
                end(self.company.started, patience=0.0)
                os._exit(1)  # the main thread may hang in a collective operation, where no exception reaches it


def end(processes: list[subprocess.Popen], patience: float = GRACE) -> None:
    """Waits for processes that are about to end, and kills those that have not ended after `patience` seconds."""
    deadline = time.monotonic() + patience
    for process in processes:
        try:
            process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
