"""A folder of predictions against a benchmark: everything is checked, then measured, mesh by mesh and in parallel."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

from hiface_pl.errors import EvaluationError
from hiface_pl.evaluation.realy.aggregate import Summary, summarise
from hiface_pl.evaluation.realy.benchmark_folder import BenchmarkFolder
from hiface_pl.evaluation.realy.heat_sheet import write_heat_sheet
from hiface_pl.evaluation.realy.measurement import Measured, Measurement, Protocol, number_of
from hiface_pl.evaluation.realy.mode import Mode
from hiface_pl.evaluation.realy.output_folder import OutputFolder, settings_of
from hiface_pl.evaluation.realy.predictions import Prediction, Predictions
from hiface_pl.evaluation.realy.protocol import evaluate_mesh
from hiface_pl.evaluation.realy.result_files import error_text, seconds_text, summary_text, table_text, write_text
from hiface_pl.evaluation.realy.template import Template
from hiface_pl.evaluation.realy.view import View
from hiface_pl.processes import spread

Progress = Callable[[str, int, int], None]
"""Is told what is being done, how many are done, and of how many."""
Item = TypeVar("Item")
Result = TypeVar("Result")


@dataclass(frozen=True)
class Evaluation:
    """What came out: a row a mesh in fixed order, under which settings, and where it lies."""

    rows: tuple[Measured, ...]
    settings: dict[str, Any]
    left_aside: int
    out: Path

    @property
    def failures(self) -> tuple[Measured, ...]:
        """The rows that have no result, each with its reason."""
        return tuple(row for row in self.rows if row.result is None)

    @cached_property
    def summary(self) -> Summary:
        """Statistics over the meshes that were measured. Raises EvaluationError where there is none."""
        return summarise([row.result for row in self.rows if row.result is not None])


def evaluate_folder(
    benchmark: BenchmarkFolder,
    predictions: Path,
    template: Template,
    mode: Mode,
    out: Path,
    *,
    view: str = View.FRONTAL,
    jobs: int | None = None,
    heat_maps: bool = False,
    progress: Progress = lambda *_: None,
    protocol: Protocol = evaluate_mesh,
) -> Evaluation:
    """Measures all predictions and writes the result files; what a former, stopped run measured is taken from `out`.

    With `jobs`, so many new processes of one thread each share the meshes; None stays in this one. Nothing is computed before the
    benchmark and all meshes are checked. A mesh that cannot be measured becomes a row with the reason, and the others go on. Raises
    EvaluationError (benchmark, names, or not a single mesh that can be measured), MeshError (a broken scan) and OutputError.
    """
    folder = OutputFolder.open(out, settings_of(benchmark, View(view), mode, template))
    found = Predictions.find(predictions, benchmark, view)
    subjects = list(dict.fromkeys(number_of(row) for row in found.rows if row.file is not None))
    measurement = Measurement(benchmark, template, mode, folder.finished, protocol, folder.heat_maps if heat_maps else None)
    _each(measurement.check_subject, subjects, jobs, "checking scans", progress)
    checked = _each(measurement.check, found.rows, jobs, "checking meshes", progress)
    if all(row.file is None for row in checked):
        _refuse(found.rows, checked, folder)
    folder.claim()
    rows = _each(measurement.measure, checked, jobs, "measuring", progress)
    evaluation = Evaluation(tuple(rows), folder.settings, found.left_aside, out)
    _write(evaluation, folder)
    if heat_maps:
        title = f"{benchmark.name} {view}, {mode}"
        write_heat_sheet(rows, folder.heat_maps, out / "heatmaps.png", title)
    return evaluation


def _each(function: Callable[[Item], Result], items: Sequence[Item], jobs: int | None, stage: str, progress: Progress) -> list[Result]:
    done: list[Result] = []
    made: AbstractContextManager[Iterator[Result]] = (
        nullcontext(map(function, items)) if jobs is None else spread(function, items, jobs, "measures meshes", threads=1)
    )
    progress(stage, 0, len(items))
    with made as results:
        for result in results:
            done.append(result)
            progress(stage, len(done), len(items))
    return done


def _refuse(found: Sequence[Prediction], checked: Sequence[Prediction], folder: OutputFolder) -> None:
    """Every mesh failed its check: the table of reasons is all that is written."""
    table = folder.path / "meshes.csv"
    write_text(table, table_text([Measured(row.name, None, row.problem) for row in checked]))
    first = next(after for before, after in zip(found, checked, strict=True) if before.file is not None)
    raise EvaluationError(
        f"none of the predictions can be measured by the template {folder.settings['template']}, "
        f"the first is {first.name} ({first.problem}): see {table} for the others"
    )


def _write(evaluation: Evaluation, folder: OutputFolder) -> None:
    rows = evaluation.rows
    write_text(folder.path / "meshes.csv", table_text(rows))
    summary = evaluation.summary
    write_text(folder.error_file, error_text(rows))
    write_text(folder.path / "seconds.json", seconds_text(rows))
    write_text(folder.path / "summary.json", summary_text(rows, summary, folder.settings, evaluation.left_aside))
