"""Rows on the machines of a Ray cluster."""

import os
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any
from uuid import uuid4

from typing_extensions import override

from hiface_pl.errors import HifaceError
from hiface_pl.matrix.engines.asked import Asked
from hiface_pl.matrix.engines.base import EndedRow, Engine
from hiface_pl.matrix.engines.remote_row import Place, RemoteEnd, RemoteRow, answers
from hiface_pl.matrix.row_lock import is_worked_on, row_lock
from hiface_pl.matrix.row_parcel import pack, unpack
from hiface_pl.matrix.row_plan import RowPlan
from hiface_pl.matrix.row_record import RowRecord, State, record_for
from hiface_pl.paths import writable_folder
from hiface_pl.ray_cluster import connect, first_line, imported_ray

PAUSE = 0.2
"""Seconds between two looks."""
DOUBT = 90.0
"""Seconds in which the machine of a lost process has to answer; the cluster itself may take minutes to notice that it is gone."""
HANDED_ON = ("HIFACE_", "WANDB_", "OMP_NUM_THREADS")
"""Beginnings of environment variables that rows take over from the runner."""


@dataclass
class _Started:
    """A row that Ray has: first waiting for a machine, then, with a place, carried out there; `held` is let go at its end."""

    actor: Any
    answer: Any
    held: ExitStack = field(default_factory=ExitStack)
    place: Place | None = None
    probe: Any = None
    doubtful: float = 0.0


class RayEngine(Engine):
    """Carries out rows on a running Ray cluster, which RAY_ADDRESS names if it is not this one; `jobs` at once, or as it has room.

    A row gets the GPUs that it trains on, see `Asked`. Where machines share the folder of runs, a row whose machine was lost goes on
    elsewhere from its last checkpoint. Where they do not, it starts anew, and the folders of rows travel to where they are needed and, when
    rows end, to the runner. All machines need the same version of this package, and what rows read at the same place.
    """

    def __init__(self, jobs: int | None = None) -> None:
        super().__init__(jobs)
        self._ray = imported_ray()
        self._rows: dict[RowPlan, _Started] = {}

    @override
    def prepare(self, plans: Sequence[RowPlan]) -> None:
        """Raises ConfigError where a row does not say what it needs, or no cluster answers."""
        for plan in plans:
            Asked.by(plan)
        connect(self._ray)

    @property
    @override
    def free(self) -> bool:
        """One row at a time waits for a machine: so those that come later are chosen later."""
        return len(self._rows) < (self.jobs or sys.maxsize) and all(row.place for row in self._rows.values())

    @property
    @override
    def running(self) -> list[RowPlan]:
        return list(self._rows)

    @override
    def start(self, plan: RowPlan) -> str:
        asked = Asked.by(plan)
        kind = self._ray.remote(RemoteRow).options(num_cpus=asked.cores, num_gpus=asked.gpus, max_concurrency=2)
        actor = kind.remote(plan, str(Path.cwd()), _environment(asked))
        token = writable_folder(Path(plan.runs)) / f".{uuid4().hex}"
        token.touch()
        row = self._rows[plan] = _Started(actor, actor.look.remote(str(token)))
        row.held.callback(token.unlink, missing_ok=True)
        none = "" if self._has(asked) else ", which no machine of the cluster has so far"
        return f"asks the cluster for {asked.told}{none}; what it prints goes to {plan.log}"

    @override
    def wait(self, seconds: float) -> list[EndedRow]:
        end = time.monotonic() + seconds
        while not (ended := self._step()) and self._rows and time.monotonic() < end:
            time.sleep(PAUSE)
        return ended

    @override
    def stop(self, at_once: bool = False) -> None:
        for row in self._rows.values():
            if row.place is None:
                self._ray.kill(row.actor)
            else:
                row.actor.stop.remote(at_once)

    def _step(self) -> list[EndedRow]:
        """Takes in what is known by now."""
        if not self._rows:
            return []
        rows = {row.answer: plan for plan, row in self._rows.items()}
        known, _ = self._ray.wait(list(rows), num_returns=len(rows), timeout=0)
        return [ended for answer in known if (ended := self._followed(rows[answer]))]

    def _followed(self, plan: RowPlan) -> EndedRow | None:
        row = self._rows[plan]
        try:
            answer: Place | RemoteEnd = self._ray.get(row.answer)
        except self._ray.exceptions.RayError as error:
            return self._broken(plan, row, error)
        if isinstance(answer, Place):
            self._send(plan, row, answer)
            return None
        sys.stderr.write(answer.said)
        if answer.parcel is not None:
            unpack(answer.parcel, Path(plan.runs))
        return self._ended(plan)

    def _send(self, plan: RowPlan, row: _Started, place: Place) -> None:
        """Has the row begin where a machine was found for it. Nobody here works on a row whose folder lies elsewhere: its lock says so."""
        row.place = place
        needed = [] if place.shared else [pack(Path(plan.runs) / name) for name in plan.needs]
        if not place.shared and not is_worked_on(plan):
            row.held.enter_context(row_lock(plan))
        row.answer = row.actor.run.remote(place.shared, needed)

    def _broken(self, plan: RowPlan, row: _Started, error: Exception) -> EndedRow | None:
        """A machine that was lost is no fault of the row; a process that was lost on a machine that is there may be."""
        if not isinstance(error, self._ray.exceptions.RayActorError) or error.actor_init_failed:
            cause = getattr(error, "cause", None)
            reason = str(cause) if isinstance(cause, HifaceError) else first_line(error)
            (record_for(plan) or RowRecord(plan)).now(state=State.FAILED, reason=reason)
            return self._ended(plan)
        if row.place is None:
            return self._ended(plan, "that it was given")
        there = self._is_there(row, row.place)
        if there is None:
            return None
        return self._ended(plan, "" if there else row.place.machine)

    def _is_there(self, row: _Started, place: Place) -> bool | None:
        """Whether the machine of a row that was lost still works, None while that is not known."""
        if not any(node["NodeID"] == place.node and node["Alive"] for node in self._ray.nodes()):
            return False
        if row.probe is None:
            row.probe, row.doubtful = self._probe(place), time.monotonic() + DOUBT
        if self._ray.wait([row.probe], timeout=0)[0]:
            try:
                return bool(self._ray.get(row.probe))
            except self._ray.exceptions.RayError:
                return False
        return None if time.monotonic() < row.doubtful else False

    def _probe(self, place: Place) -> Any:
        """A task that needs nothing, for this machine alone."""
        there = import_module("ray.util.scheduling_strategies").NodeAffinitySchedulingStrategy(place.node, soft=False)
        return self._ray.remote(answers).options(num_cpus=0, max_retries=0, scheduling_strategy=there).remote()

    def _ended(self, plan: RowPlan, lost: str = "") -> EndedRow:
        row = self._rows.pop(plan)
        row.held.close()
        self._ray.kill(row.actor)
        return EndedRow(plan, lost)

    def _has(self, asked: Asked) -> bool:
        """Whether some machine has so much, used or not."""
        resources = [node["Resources"] for node in self._ray.nodes() if node["Alive"]]
        return any(each.get("CPU", 0) >= asked.cores and each.get("GPU", 0) >= asked.gpus for each in resources)


def _environment(asked: Asked) -> dict[str, str]:
    """Ray gives each process as many threads as the row has cores."""
    threads = {"OMP_NUM_THREADS": str(max(1, asked.cores // asked.processes))}
    return threads | {name: value for name, value in os.environ.items() if name.startswith(HANDED_ON)}
