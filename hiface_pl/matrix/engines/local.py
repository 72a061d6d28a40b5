"""Rows as processes of this machine."""

import os
import signal
import subprocess
import time
from collections.abc import Sequence

from typing_extensions import override

from hiface_pl.matrix.engines.base import EndedRow, Engine
from hiface_pl.matrix.row_plan import RowPlan
from hiface_pl.processes import usable_cores

PAUSE = 0.2
"""Seconds between two looks."""


class LocalEngine(Engine):
    """Starts `jobs` rows at once (1). Each has a session of its own, so Ctrl-C reaches the runner alone, which then tells the rows.

    Several rows share the cores, unless OMP_NUM_THREADS says otherwise; numbers then differ in their last digits.
    """

    def __init__(self, jobs: int | None = None) -> None:
        super().__init__(jobs)
        self.most = jobs or 1
        self.processes: dict[RowPlan, subprocess.Popen[bytes]] = {}

    @override
    def prepare(self, plans: Sequence[RowPlan]) -> None:
        """Nothing has to be there but this machine."""

    @property
    @override
    def free(self) -> bool:
        return len(self.processes) < self.most

    @property
    @override
    def running(self) -> list[RowPlan]:
        return list(self.processes)

    @override
    def start(self, plan: RowPlan) -> str:
        self.processes[plan] = subprocess.Popen(plan.as_process(), start_new_session=True, env=self._environment())
        return f"starts; what it prints goes to {plan.log}"

    @override
    def wait(self, seconds: float) -> list[EndedRow]:
        end = time.monotonic() + seconds
        while True:
            ended = [plan for plan, process in self.processes.items() if process.poll() is not None]
            if ended or not self.processes or time.monotonic() >= end:
                break
            time.sleep(PAUSE)
        for plan in ended:
            del self.processes[plan]
        return [EndedRow(plan) for plan in ended]

    @override
    def stop(self, at_once: bool = False) -> None:
        for process in self.processes.values():
            if process.poll() is not None:
                continue
            if at_once:
                os.killpg(process.pid, signal.SIGKILL)
            else:
                process.terminate()

    def _environment(self) -> dict[str, str]:
        shared = {"OMP_NUM_THREADS": str(max(1, usable_cores() // self.most))} if self.most > 1 else {}
        return shared | dict(os.environ)
