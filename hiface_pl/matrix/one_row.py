"""The process of one row: python -m hiface_pl.matrix.one_row PLAN, where PLAN is a RowPlan as JSON. It trains, tests and keeps the record.

A row that is done is left as it is, one that was interrupted goes on from its newest whole checkpoint, and one whose configuration changed
begins anew, with what it had moved aside.
"""

import json
import signal
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from hiface_pl.data.photos.photo_store import PhotoStore
from hiface_pl.data.store import SampleStore
from hiface_pl.errors import HifaceError, StoreError
from hiface_pl.matrix.row_lock import row_lock
from hiface_pl.matrix.row_plan import RowPlan
from hiface_pl.matrix.row_record import RowRecord, State, record_for
from hiface_pl.report.own_commands import STOPPED, run_command
from hiface_pl.report.provenance import Provenance
from hiface_pl.training.whole_checkpoint import newest_whole

LAST = ("--ckpt_path", "last")
SCANS = "--scans.folder"


@dataclass
class RowRun:
    """A row that nobody else works on, and what is known about it."""

    record: RowRecord
    lock: int

    @property
    def plan(self) -> RowPlan:
        """What is to be done."""
        return self.record.plan

    def carry_out(self) -> int:
        """Trains and tests, as far as that is not done. Returns the exit code: 0, 1 for a failure, 130 or 143 where it was told to stop."""
        if self.record.state is State.DONE:
            return 0
        trained = self.record.state is State.TRAINED
        self.record = self.record.now(reason="", attempts=self.record.attempts + 1, environment=_environment(), data=_data(self.plan))
        if not trained:
            code = self._command(State.RUNNING, "fit", *(LAST if self._checkpoint() else ()))
            if code:
                return code
        code = self._command(State.TRAINED, "test", *LAST, *((SCANS, self.plan.scans) if self.plan.scans else ()))
        if code:
            return code
        results = json.loads(_newest_scores(self.plan.folder).read_text())
        self.record = self.record.now(state=State.DONE, results=_without_environment(results))
        return 0

    def _command(self, state: State, verb: str, *more: str) -> int:
        self.record = self.record.now(state=state)
        ended = run_command(self.plan.command(verb, *more), self.plan.program, self.plan.log, keep=[self.lock])
        spent = {"wall": self.record.wall + ended.wall, "cpu": self.record.cpu + ended.cpu}
        if not ended.code:
            self.record = self.record.now(**spent)
            return 0
        stopped = ended.code in (*STOPPED, -signal.SIGTERM, -signal.SIGINT)
        kept = state if state is State.TRAINED and stopped else State.STOPPED if stopped else State.FAILED
        self.record = self.record.now(state=kept, reason=_reason(verb, ended.code, self.plan.log), **spent)
        return ended.code if stopped else 1

    def _checkpoint(self) -> Path | None:
        return newest_whole(*self.plan.folder.glob("fit-*/checkpoints"))


def begin(plan: RowPlan) -> RowRecord:
    """The record to go on with; whatever was made with another configuration is moved aside. Raises HifaceError."""
    former = record_for(plan)
    if former is not None and former.attempts and former.plan.digest != plan.digest:
        _move_aside(plan.folder)
        former = None
    plan.write_config()
    return RowRecord(plan) if former is None else RowRecord(**vars(former) | {"plan": plan})


def main(arguments: list[str]) -> int:
    """Carries out the plan in the only argument."""
    plan = RowPlan.from_dict(json.loads(arguments[0]))
    with row_lock(plan) as lock:
        try:
            return RowRun(begin(plan), lock).carry_out()
        except HifaceError as error:
            sys.stderr.write(f"hiface-pl: {plan.told}: {error}\n")
            return error.exit_code


def _move_aside(folder: Path) -> None:
    number = 1
    while (aside := folder.with_name(f".former-{folder.name}-{number}")).exists():
        number += 1
    folder.rename(aside)


def _newest_scores(folder: Path) -> Path:
    return max(folder.glob("test-*/scores.json"), key=lambda path: path.stat().st_mtime_ns)


def _without_environment(results: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in results.items() if name not in Provenance.__dataclass_fields__}


def _environment() -> dict[str, Any]:
    return {name: value for name, value in asdict(Provenance.now()).items() if name != "seed"}


def _data(plan: RowPlan) -> dict[str, Any]:
    """What the stores say about themselves, without the places where they lie."""
    arguments = (plan.config.get("data") or {}).get("init_args") or {}
    found: dict[str, Any] = {}
    for split in ("train", "val", "test"):
        try:
            meta = SampleStore(Path(arguments[split])).meta
        except (KeyError, TypeError, StoreError):
            continue  # the row has none, or says itself what is wrong with it
        found[split] = {"count": meta.count, "image_size": meta.image_size, "fingerprint": meta.fingerprint, "command": meta.command}
    with suppress(KeyError, TypeError, StoreError):
        photos = PhotoStore(Path(arguments["photos_val"])).meta
        found["photos_val"] = {"count": photos.count, "image_size": photos.image_size, "digest": photos.digest}
    return found


def _reason(verb: str, code: int, log: Path) -> str:
    """The last line that the command printed, which is its error."""
    lines = [line.strip() for line in log.read_text(errors="replace").splitlines() if line.strip()]
    last = lines[-1].removeprefix("hiface-pl: ") if lines else "it printed nothing"
    return f"{verb} was ended by signal {-code} (see {log})" if code < 0 else last


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
