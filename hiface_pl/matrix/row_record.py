"""What is known about a row: how far it is, why it failed, what it measured and what it cost. One JSON file in the row's folder."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

from hiface_pl.errors import EvaluationError
from hiface_pl.matrix.row_plan import RowPlan
from hiface_pl.paths import replacing

RECORD = "row.json"


class State(StrEnum):
    """How far a row is. `running` in a file whose row nobody works on means that it was killed."""

    WAITING = "waiting"
    RUNNING = "running"
    TRAINED = "trained"
    DONE = "done"
    FAILED = "failed"
    STOPPED = "stopped"


@dataclass(frozen=True)
class RowRecord:
    """`results` is what `hiface-pl test` wrote, `data` what it was trained and tested on, `environment` commit, versions, machine and date.

    `wall` and `cpu` are seconds of all attempts that came to an end; what a killed attempt took is not in them, so `attempts` tells.
    """

    plan: RowPlan
    state: State = State.WAITING
    reason: str = ""
    attempts: int = 0
    wall: float = 0.0
    cpu: float = 0.0
    environment: Mapping[str, Any] = field(default_factory=dict)
    data: Mapping[str, Any] = field(default_factory=dict)
    results: Mapping[str, Any] = field(default_factory=dict)

    @property
    def path(self) -> Path:
        """The file in the row's folder."""
        return self.plan.folder / RECORD

    def write(self) -> "RowRecord":
        """Writes the file and returns the record. Raises OutputError."""
        with replacing(self.path) as temporary:
            temporary.write_text(json.dumps(asdict(self), indent=1, default=str) + "\n")
        return self

    def now(self, **changes: Any) -> "RowRecord":
        """The record with these changes, written."""
        return replace(self, **changes).write()


def record_for(plan: RowPlan) -> RowRecord | None:
    """The record in a row's folder, whatever plan it was written for; None where there is none. Raises EvaluationError for odd files."""
    path = plan.folder / RECORD
    return read_record(path) if path.is_file() else None


def read_record(path: Path) -> RowRecord:
    """Raises EvaluationError where the file is no record of this version."""
    try:
        values = json.loads(path.read_text())
        return RowRecord(**values | {"plan": RowPlan.from_dict(values["plan"]), "state": State(values["state"])})
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise EvaluationError(
            f"{path} is no record of a row ({type(error).__name__}: {error}): move its folder away, and the row is trained anew"
        ) from error
