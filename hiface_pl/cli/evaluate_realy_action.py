"""What `hiface-pl evaluate realy` does, with its imports."""

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from hiface_pl.errors import ConfigError
from hiface_pl.evaluation.realy import evaluate
from hiface_pl.evaluation.realy.benchmark_folder import BenchmarkFolder
from hiface_pl.evaluation.realy.mode import Mode
from hiface_pl.evaluation.realy.named_template import named_template
from hiface_pl.evaluation.realy.result_table import result_table
from hiface_pl.evaluation.realy.template import Template
from hiface_pl.evaluation.realy.template_file import read_template

FAILURES = 5
"""So many are named on the terminal; summary.json has all."""


def run(arguments: argparse.Namespace) -> int:
    """Measures the predictions and prints the table. Returns the exit code: 1 where a mesh failed."""
    console = Console(stderr=True)
    benchmark = BenchmarkFolder(arguments.benchmark)
    if arguments.boxes != "detector":
        raise ConfigError("--boxes belongs to --checkpoint: meshes of --predictions are measured as they are")
    template = chosen_template(arguments.template, arguments.mask)
    with progress_bar(console) as progress:
        evaluation = evaluate.evaluate_folder(
            benchmark,
            arguments.predictions,
            template,
            Mode(arguments.mode),
            arguments.out,
            view=arguments.view,
            jobs=arguments.jobs,
            heat_maps=arguments.heatmaps,
            progress=progress,
        )
    return report(evaluation, console)


def report(evaluation: evaluate.Evaluation, console: Console) -> int:
    """Prints the table, where the files lie and the first failures. Returns the exit code."""
    Console().print(result_table(evaluation))
    return report_failures(evaluation, console)


def report_failures(evaluation: evaluate.Evaluation, console: Console) -> int:
    """Prints the first failures and where the files lie. Returns the exit code."""
    for row in evaluation.failures[:FAILURES]:
        console.print(f"failed: {row.name}: {row.problem}", soft_wrap=True, markup=False)
    more = len(evaluation.failures) - FAILURES
    if more > 0:
        console.print(f"failed: {more} more, see {evaluation.out / 'summary.json'}", soft_wrap=True)
    if evaluation.left_aside:
        console.print(f"{evaluation.left_aside} meshes belong to the other view and were left aside", soft_wrap=True)
    console.print(f"{evaluation.out}", soft_wrap=True)
    return 1 if evaluation.failures else 0


def chosen_template(name: str | None, mask: Path | None) -> Template:
    """A template by its file, or that of a face model. Raises ConfigError, and what reading either raises."""
    if name is None:
        raise ConfigError("--predictions needs --template, the topology of the meshes: a face model such as open, or PATH.obj")
    if name.lower().endswith(".obj"):
        return read_template(Path(name), mask)
    if mask is not None:
        raise ConfigError("--mask belongs to a template from a file: give --template PATH.obj, or leave the mask out")
    return named_template(name)


@contextmanager
def progress_bar(console: Console) -> Iterator[evaluate.Progress]:
    """A bar a stage; stopped by Ctrl-C, it says how to go on."""
    columns = (TextColumn("{task.description:>15}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    bars: dict[str, TaskID] = {}
    try:
        with Progress(*columns, console=console) as bar:

            def update(stage: str, done: int, total: int) -> None:
                if stage not in bars:
                    bars[stage] = bar.add_task(stage, total=total)
                bar.update(bars[stage], completed=done)

            yield update
    except KeyboardInterrupt:
        console.print("stopped; finished meshes are kept: give the same command to go on", soft_wrap=True)
        raise
