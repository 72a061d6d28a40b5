"""What rows measured on the same data, over their seeds: one line a row and kind of mesh."""

import math
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hiface_pl.errors import EvaluationError
from hiface_pl.matrix.row_plan import digest_of
from hiface_pl.matrix.row_record import RowRecord, State
from hiface_pl.matrix.rows import GROUPS

KINDS = ("coarse", "detail")
REGIONS = ("nose", "mouth", "forehead", "cheek")
SCANS = "open_scans"


@dataclass(frozen=True)
class Spread:
    """A mean over seeds and their standard deviation (n - 1), NaN for one seed; the values themselves, in the order of the seeds."""

    mean: float
    std: float = math.nan
    values: tuple[float, ...] = ()

    @classmethod
    def of(cls, values: Sequence[float]) -> "Spread":
        """Raises StatisticsError for no values."""
        return cls(statistics.fmean(values), statistics.stdev(values) if len(values) > 1 else math.nan, tuple(values))

    def told(self, digits: int = 3) -> str:
        """`1.234` or `1.234 ± 0.012`."""
        return f"{self.mean:.{digits}f}" + ("" if math.isnan(self.std) else f" ± {self.std:.{digits}f}")


@dataclass(frozen=True)
class Line:
    """`errors` are mm of REALY's protocol on open-scans for one kind of mesh, by region and `all`; None where that was not measured.

    `faces` are errors on held-out synthetic faces by quantity, `units` their units; `wall` and `cpu` seconds of training and test.
    """

    row: str
    kind: str
    seeds: tuple[int, ...]
    start: str
    errors: Mapping[str, Spread] | None
    faces: Mapping[str, Spread]
    units: Mapping[str, str]
    wall: Spread
    cpu: Spread


def same_data(records: Sequence[RowRecord], scale: str) -> list[Line]:
    """Lines of the finished rows. Raises EvaluationError where a row is of another scale, or was made in another way than the others."""
    for record in records:
        if record.plan.scale != scale:
            raise EvaluationError(
                f"{record.path} is of scale {record.plan.scale}, this table of scale {scale}: leave it out, or ask for the table of "
                f"--scale {record.plan.scale}"
            )
    done = [record for record in records if record.state is State.DONE]
    _require_alike(done)
    by_row: dict[str, list[RowRecord]] = {}
    for record in sorted(done, key=lambda record: (_rank(record.plan.name), record.plan.seed)):
        by_row.setdefault(record.plan.name, []).append(record)
    return [line for seeds in by_row.values() for line in _lines(seeds)]


def _require_alike(done: Sequence[RowRecord]) -> None:
    """Same shared settings, stores and scans for all; same configuration for all seeds of a row."""
    ways = {record.path: _way(record) for record in done}
    for record in done[1:]:
        odd = next((what for what, value in _way(record).items() if value != ways[done[0].path][what]), "")
        if odd:
            raise EvaluationError(
                f"{record.path} and {done[0].path} were made with {odd}, so they do not go together: carry one out again with "
                f"`hiface-pl matrix run`, or name the rows that go together"
            )
    digests: dict[str, RowRecord] = {}
    for record in done:
        first = digests.setdefault(record.plan.name, record)
        if first.plan.digest != record.plan.digest:
            raise EvaluationError(
                f"{record.path} and {first.path} are seeds of one row with different configurations: carry one out again with "
                f"`hiface-pl matrix run {record.plan.name}`"
            )


def _way(record: RowRecord) -> dict[str, Any]:
    return {
        "different settings that all rows share": record.plan.shared,
        "different sample stores": digest_of(record.data),
        "different scans": record.results.get(SCANS, {}).get("scans"),
    }


def _lines(seeds: Sequence[RowRecord]) -> Iterable[Line]:
    first = seeds[0]
    kinds = [kind for kind in KINDS if all(kind in record.results.get(SCANS, {}) for record in seeds)]
    for kind in kinds or [""]:
        faces = first.results["results"]
        shared = [name for name in faces if all(name in record.results["results"] for record in seeds)]
        yield Line(
            row=first.plan.name,
            kind=kind,
            seeds=tuple(record.plan.seed for record in seeds),
            start=first.plan.start,
            errors=_errors(seeds, kind) if kind else None,
            faces={name: Spread.of([record.results["results"][name]["error"] for record in seeds]) for name in shared},
            units={name: faces[name]["unit"] for name in shared},
            wall=Spread.of([record.wall for record in seeds]),
            cpu=Spread.of([record.cpu for record in seeds]),
        )


def _errors(seeds: Sequence[RowRecord], kind: str) -> dict[str, Spread]:
    found = [record.results[SCANS][kind] for record in seeds]
    regions = {region: Spread.of([each["regions"][region]["mean"] for each in found]) for region in REGIONS}
    return regions | {"all": Spread.of([each["all"] for each in found])}


def _rank(name: str) -> tuple[int, str]:
    """Rows of Table 1 first, coarse before detailed ones, by their names."""
    table1 = any(path.stem == name for path in GROUPS["table1"].glob("*.yaml"))
    return (0 if table1 else 1, name)
