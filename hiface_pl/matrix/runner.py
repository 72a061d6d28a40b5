"""Carries out a list of rows: what a row needs comes first, a failed one stops no other, a finished one is left as it is."""

import signal
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from rich.console import Console
from rich.markup import escape

from hiface_pl.matrix.engines.base import EndedRow, Engine
from hiface_pl.matrix.leaves import MISSING, differences, told
from hiface_pl.matrix.row_lock import is_worked_on
from hiface_pl.matrix.row_plan import RowPlan
from hiface_pl.matrix.row_record import RowRecord, State, record_for
from hiface_pl.training.whole_checkpoint import newest_whole

PATIENCE = 0.5
"""Seconds between two looks whether somebody told the runner to stop, while nothing ends."""
LOSSES = 20
"""How often a row may lose its machine."""


@dataclass
class Runner:
    """`plans` hold what each row needs, with its seed, before the row itself."""

    plans: Sequence[RowPlan]
    engine: Engine
    console: Console
    pending: list[RowPlan] = field(default_factory=list)
    losses: Counter[RowPlan] = field(default_factory=Counter)
    signum: int = 0
    count: int = 0
    passed: int = 0

    def run(self) -> int:
        """Returns 0 where all rows are done, 1 where some are not, 128 plus the signal where the runner was told to stop."""
        self.pending = [plan for plan in self.plans if not self._kept(plan)]
        for plan in self.pending:
            self._announce(plan)
        with self._signals():
            while (self.pending and not self.signum) or self.engine.running:
                self._start()
                for ended in self.engine.wait(PATIENCE):
                    self._settle(ended)
                self._pass_on()
        if self.signum:
            return 128 + self.signum
        return 0 if all(is_done(plan) for plan in self.plans) else 1

    def _kept(self, plan: RowPlan) -> bool:
        if not is_done(plan):
            return False
        self._say(plan, "done before, and its configuration is the same")
        return True

    def _announce(self, plan: RowPlan) -> None:
        """Says what became of a former attempt, and leaves a record for `matrix status` and `matrix resume` where there is none."""
        former = record_for(plan)
        if former is None or former.attempts == 0:
            RowRecord(plan).write()
        elif former.plan.digest != plan.digest:
            aside = f"what it had is moved to {plan.runs}/.former-{plan.name}-*"
            self._say(plan, f"{escape(changed(former.plan, plan))}: it is trained anew, {aside}")
        elif is_worked_on(plan):
            self._say(plan, "another process works on it: its result is waited for")
        else:
            self._say(plan, f"goes on where it was ({former.state}{': ' if former.reason else ''}{escape(former.reason)})")

    def _start(self) -> None:
        """Starts what can be, and gives up what needs a row that failed."""
        for plan in list(self.pending):
            if self.signum:
                return
            needed = [each for each in self.plans if each.name in plan.needs and each.runs == plan.runs]
            lost = [each.name for each in needed if not self._may_come(each)]
            if lost:
                self.pending.remove(plan)
                self._say(plan, f"[red]waits for {', '.join(lost)}[/], which failed")
            elif self.engine.free and all(map(is_done, needed)):
                self.pending.remove(plan)
                self._say(plan, escape(self.engine.start(plan)))

    def _may_come(self, plan: RowPlan) -> bool:
        return is_done(plan) or plan in self.pending or plan in self.engine.running

    def _settle(self, ended: EndedRow) -> None:
        """Carries a row out again whose machine was lost, and reports any other one."""
        plan, self.losses[ended.plan] = ended.plan, self.losses[ended.plan] + bool(ended.lost)
        if not ended.lost or self.signum or self.losses[plan] > LOSSES:
            self._report(plan)
        else:
            self._say(plan, f"[red]the machine {escape(ended.lost)} was lost[/]; it {_where_on(plan)}")
            self.pending.insert(0, plan)

    def _report(self, plan: RowPlan) -> None:
        record = record_for(plan) or RowRecord(plan)
        if record.state is State.DONE:
            self._say(plan, f"[green]done[/] ({record.wall:.0f} s, {record.cpu:.0f} CPU s)")
        elif record.state is State.FAILED:
            self._say(plan, f"[red]failed[/]: {escape(record.reason)}")
        elif record.reason or self.signum:
            self._say(plan, f"stopped{': ' if record.reason else ''}{escape(record.reason)}")
        else:
            self._say(plan, f"[red]its process was lost[/]; the next run goes on from its last checkpoint (see {plan.log})")

    def _say(self, plan: RowPlan, text: str) -> None:
        self.console.print(f"[bold]{plan.told}[/]: {text}", soft_wrap=True)

    def _note(self, signum: int, _frame: object) -> None:
        self.signum, self.count = signum, self.count + 1

    def _pass_on(self) -> None:
        """Tells rows what the runner was told; not where a signal comes in, since an engine may be in the middle of something there."""
        if self.count > self.passed:
            self.console.print("told to stop: rows save what they have; once more ends them at once" if not self.passed else "ending rows")
            self.engine.stop(at_once=self.count > 1)
            self.passed = self.count

    @contextmanager
    def _signals(self) -> Iterator[None]:
        former: dict[int, Callable[..., object] | int | None] = {
            signum: signal.signal(signum, self._note) for signum in (signal.SIGINT, signal.SIGTERM)
        }
        try:
            yield
        finally:
            for signum, handler in former.items():
                signal.signal(signum, handler)


def is_done(plan: RowPlan) -> bool:
    """Whether the row has been trained and tested with the configuration that it has now."""
    record = record_for(plan)
    return record is not None and record.state is State.DONE and record.plan.digest == plan.digest


def changed(former: RowPlan, plan: RowPlan) -> str:
    """Which leaf of a row's configuration is another one since it was trained."""
    for place, (before, after) in differences(former.config, plan.config).items():
        return f"{told(place)} is {_value(after)}, and was {_value(before)} when it was trained"
    return f"{', '.join(plan.needs)} changed since it was trained"


def _where_on(plan: RowPlan) -> str:
    """Where the next attempt begins, as far as that can be seen from here."""
    record = record_for(plan)
    if record is not None and record.state is State.TRAINED:
        return "goes on elsewhere with its test"
    found = newest_whole(*plan.folder.glob("fit-*/checkpoints"))
    if found is not None:
        return f"goes on elsewhere from its last checkpoint, {found}"
    return f"begins anew elsewhere, since no checkpoint of it is seen in {plan.folder}"


def _value(value: Any) -> str:
    return value.value if value is MISSING else repr(value)
