"""What each row is: its question, what it changes, where it starts, what it cost; and the rows that failed."""

from collections.abc import Mapping, Sequence
from html import escape
from itertools import takewhile
from pathlib import Path
from typing import Any

from hiface_pl.matrix.leaves import MISSING, differences
from hiface_pl.matrix.leaves import told as place_told
from hiface_pl.matrix.row_record import RowRecord, State
from hiface_pl.matrix.rows import BASE_ROW, ROOT
from hiface_pl.matrix.same_data import Line
from hiface_pl.matrix.status import told
from hiface_pl.report.matrix_page.finished_rows import FoundRow, place_of
from hiface_pl.report.matrix_page.markup import paragraph, section, table

SAME_NAME = ("name",)


def rows_section(rows: Sequence[FoundRow], lines: Sequence[Line]) -> str:
    """A line a finished row: start, seeds, cost; below it, on request, the leaves that differ from the whole method."""
    base = next((row.record.plan.config for row in rows if row.record.plan.name == BASE_ROW), None)
    costs = {line.row: line for line in lines}
    first = {row.record.plan.name: row.record for row in reversed(rows) if row.done}
    cells = [_cells(first[name], costs[name], base) for name in sorted(first, key=place_of)]
    head = ["row", "question", f"leaves that differ from {BASE_ROW}", "start", "seeds", "CPU s", "s"]
    return section("rows", "Rows: question, difference, start, cost", table(head, cells, "facts", left=4))


def failures_section(rows: Sequence[FoundRow]) -> str:
    """Rows that are not finished, and why."""
    done = {(row.record.plan.name, row.record.plan.seed) for row in rows if row.done}
    states = [(each.plan, told(each, _missing(each, done)), each.attempts) for each in _open(rows)]
    if not states:
        return section("failures", "Failures", paragraph("None: all rows that were begun are finished."))
    cells = [[escape(plan.name), str(plan.seed), escape(state), str(attempts)] for plan, state, attempts in states]
    return section("failures", "Not finished, and why", table(["row", "seed", "state", "attempts"], cells, "facts", left=3))


def question_of(record: RowRecord) -> str:
    """The first comment of the row's file, where that is at hand."""
    file = Path(record.plan.file)
    path = next((each for each in (file, ROOT / file) if each.is_file()), None)
    lines = [] if path is None else path.read_text(encoding="utf-8").splitlines()
    return " ".join(line.lstrip("# ") for line in takewhile(lambda line: line.startswith("#"), lines))


def short_question(record: RowRecord) -> str:
    """The question alone, without where the paper asks it."""
    question = question_of(record)
    return question[: question.index("?") + 1] if "?" in question else question


def _cells(record: RowRecord, cost: Line, base: Mapping[str, Any] | None) -> list[str]:
    plan = record.plan
    words = [f"<b>{escape(plan.name)}</b>", escape(question_of(record)), _difference(plan.config, base), escape(plan.start)]
    return [*words, ", ".join(map(str, cost.seeds)), cost.cpu.told(0), cost.wall.told(0)]


def _difference(config: Mapping[str, Any], base: Mapping[str, Any] | None) -> str:
    if base is None:
        return f"<small>{escape(BASE_ROW)} is not among the rows</small>"
    found = {place: pair for place, pair in differences(base, config).items() if place != SAME_NAME}
    if not found:
        return "none"
    items = "".join(f"<li>{escape(place_told(place))}: {_value(before)} → {_value(after)}</li>" for place, (before, after) in found.items())
    return f"<details><summary>{len(found)} {'leaf' if len(found) == 1 else 'leaves'}</summary><ul>{items}</ul></details>"


def _value(value: Any) -> str:
    return escape(str(value.value) if value is MISSING else repr(value))


def _open(rows: Sequence[FoundRow]) -> list[RowRecord]:
    return [row.record for row in rows if row.record.state is not State.DONE]


def _missing(record: RowRecord, done: set[tuple[str, int]]) -> list[str]:
    return [name for name in record.plan.needs if (name, record.plan.seed) not in done]
