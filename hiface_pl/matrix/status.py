"""How far the rows of a matrix are."""

from collections.abc import Sequence
from pathlib import Path

from rich.markup import escape
from rich.table import Table

from hiface_pl.matrix.planning import seed_folder
from hiface_pl.matrix.row_lock import is_worked_on
from hiface_pl.matrix.row_record import RECORD, RowRecord, State, read_record


def records_under(root: Path, scale: str, seeds: Sequence[int] = ()) -> list[RowRecord]:
    """The records of a scale, of all seeds where none is named. Raises EvaluationError where one cannot be read."""
    return [read_record(path) for path in record_files(root, scale, seeds)]


def record_files(root: Path, scale: str, seeds: Sequence[int] = ()) -> list[Path]:
    """Where the records of a scale lie, of all seeds where none is named."""
    folders = [seed_folder(root, scale, seed) for seed in seeds] or sorted((root / scale).glob("seed*"))
    return [path for folder in folders for path in sorted(folder.glob(f"*/{RECORD}")) if not path.parent.name.startswith(".")]


def status_table(records: Sequence[RowRecord], scale: str) -> Table:
    """A line a row and seed: done, running, failed and why, waiting and for what."""
    table = Table(title=f"rows at scale {scale}", title_justify="left", box=None)
    for heading in ("row", "seed", "state", "attempts", "CPU s"):
        table.add_column(heading, justify="left" if heading in {"row", "state"} else "right")
    done = {(record.plan.name, record.plan.seed) for record in records if record.state is State.DONE}
    for record in records:
        missing = [name for name in record.plan.needs if (name, record.plan.seed) not in done]
        cells = record.plan.name, str(record.plan.seed), escape(told(record, missing)), str(record.attempts), f"{record.cpu:.0f}"
        table.add_row(*cells)
    return table


def told(record: RowRecord, missing: Sequence[str] = ()) -> str:
    """The state as people read it; `missing` are rows that it needs and that are not done."""
    if record.state is State.DONE:
        return "done"
    if is_worked_on(record.plan):
        return f"running: {'test' if record.state is State.TRAINED else 'training'} ({record.plan.log})"
    if missing:
        return f"waiting for {', '.join(missing)}"
    if record.state is State.FAILED:
        return f"failed: {record.reason}"
    if record.state is State.WAITING:
        return "waiting"
    return f"interrupted, `hiface-pl matrix resume` goes on{' with the test' if record.state is State.TRAINED else ''}"
