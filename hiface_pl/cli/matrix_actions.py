"""What `hiface-pl matrix run|status|resume|table` do."""

import argparse
import os
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from hiface_pl.cli.scale_flag import SCALE_FLAG
from hiface_pl.errors import EvaluationError, OutputError
from hiface_pl.matrix.engines.named_engine import named_engine
from hiface_pl.matrix.filled_pages import fill_page
from hiface_pl.matrix.planning import Planner
from hiface_pl.matrix.prerequisites import provide
from hiface_pl.matrix.row_plan import RowPlan
from hiface_pl.matrix.row_record import RowRecord, State, read_record
from hiface_pl.matrix.rows import BASE_ROW
from hiface_pl.matrix.runner import Runner, is_done
from hiface_pl.matrix.same_data import same_data
from hiface_pl.matrix.status import records_under, status_table
from hiface_pl.matrix.table import tables, write_tables
from hiface_pl.matrix.twins import asked_rows


def run(arguments: argparse.Namespace) -> int:
    """Trains and tests rows; then prints them, beside the whole method where that was asked for. Raises HifaceError."""
    names = [*([BASE_ROW] if arguments.beside else []), *arguments.rows]
    over = [path.resolve() for path in arguments.over]
    plans = [plan for seed in arguments.seed or [0] for plan in Planner(arguments.runs, arguments.scale, seed, over).all(names)]
    asked = asked_rows(names, arguments.scale)
    for name, file in asked.items():
        if file.stem != name:
            Console(highlight=False).print(f"[bold]{name}[/] is {file.stem} under another name, and trained once", soft_wrap=True)
    return _carry_out(arguments, plans, [plan for plan in plans if plan.name in {file.stem for file in asked.values()}])


def resume(arguments: argparse.Namespace) -> int:
    """Goes on with every row that has a record and is not done, with the files that it was begun with. Raises HifaceError."""
    records = _records(arguments)
    begun = [record.plan for record in records if record.state is not State.DONE]
    if not begun:
        Console().print(f"all {len(records)} rows are done; `hiface-pl matrix table {_where(arguments)}` shows them", soft_wrap=True)
        return 0
    plans: dict[Path, RowPlan] = {}
    for plan in begun:
        for found in Planner(arguments.runs, plan.scale, plan.seed, [Path(file) for file in plan.over], plan.program).all([plan.file]):
            plans.setdefault(found.folder, found)
    return _carry_out(arguments, list(plans.values()), list(plans.values()))


def status(arguments: argparse.Namespace) -> int:
    """Prints how far the rows are. Raises EvaluationError where there are none."""
    Console().print(status_table(_records(arguments), arguments.scale))
    return 0


def table(arguments: argparse.Namespace) -> int:
    """Prints and writes the table. Raises EvaluationError where nothing is done yet, or rows do not go together."""
    records = records_under(arguments.runs, arguments.scale, arguments.seed) + [read_record(path) for path in arguments.also]
    wanted = {file.stem for file in asked_rows(arguments.rows, arguments.scale).values()}
    chosen = [record for record in records if not wanted or record.plan.name in wanted]
    _show(chosen, arguments.scale)
    lines = same_data(chosen, arguments.scale)
    written = write_tables(lines, arguments.scale, arguments.out or arguments.runs / arguments.scale)
    for page in arguments.into:
        fill_page(page, lines, arguments.scale)
    for path in [*written, *arguments.into]:
        Console().print(str(path), soft_wrap=True, highlight=False)
    return 0


def _carry_out(arguments: argparse.Namespace, plans: Sequence[RowPlan], shown: Sequence[RowPlan]) -> int:
    console = Console(highlight=False)
    engine = named_engine(arguments.engine, arguments.jobs)
    missing = [plan for plan in plans if not is_done(plan)]
    engine.prepare(missing)
    provide(missing, arguments.data_jobs, console)
    code = Runner(plans, engine, console).run()
    done = [plan for plan in shown if is_done(plan)]
    if done:
        _show([read_record(plan.folder / "row.json") for plan in done], arguments.scale)
    if code > 1:
        raise _stopped(arguments, code)
    if code:
        left = ", ".join(plan.told for plan in plans if not is_done(plan))
        console.print(f"not done: {left}; `hiface-pl matrix status {_where(arguments)}` tells why", soft_wrap=True)
    return code


def _show(records: Sequence[RowRecord], scale: str) -> None:
    lines = same_data(records, scale)
    if not lines:
        raise EvaluationError(f"no row of scale {scale} is done yet: `hiface-pl matrix status {SCALE_FLAG} {scale}` shows how far they are")
    console = Console()
    wide = Console(width=max(console.width, 200)) if not console.is_terminal else console
    for each in tables(lines, scale):
        wide.print(each, end="\n\n")


def _records(arguments: argparse.Namespace) -> list[RowRecord]:
    records = records_under(arguments.runs, arguments.scale, arguments.seed)
    if not records:
        raise EvaluationError(
            f"no row of scale {arguments.scale} was begun under {arguments.runs}: give `hiface-pl matrix run ROW {_where(arguments)}`"
        )
    return records


def _stopped(arguments: argparse.Namespace, code: int) -> OutputError:
    error = OutputError(f"stopped, rows have kept what they had; go on with `hiface-pl matrix resume {_where(arguments)}`")
    error.exit_code = code
    return error


def _where(arguments: argparse.Namespace) -> str:
    """The options that name the same rows again."""
    seeds = ["--seed", *map(str, arguments.seed)] if arguments.seed else []
    return " ".join([SCALE_FLAG, arguments.scale, *seeds, "--runs", os.fspath(arguments.runs)])
