"""Scores as a table on the terminal and as a JSON file beside it."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.table import Table

from hiface_pl.errors import EvaluationError
from hiface_pl.evaluation.scores import FaceScores, Measured
from hiface_pl.paths import replacing
from hiface_pl.report.provenance import Provenance

DETERMINED = {
    "static_amplitude_r2": "amplitude of the static map, coefficient of determination",
    "amplitude_estimate_r2": "amplitude as estimated apart, coefficient of determination",
}


def score_table(scores: FaceScores) -> Table:
    """One row a quantity: the mean-face baseline, ours, and skill = 1 - ours / baseline."""
    table = Table(title=f"{scores.samples} faces with ground truth; skill = 1 - ours / mean face", title_justify="left")
    table.add_column("metric")
    for heading in ("unit", "mean face", "ours", "skill"):
        table.add_column(heading, justify="left" if heading == "unit" else "right")
    for label, unit, baseline, ours, skill in score_rows(scores):
        table.add_row(label, unit, baseline, ours, skill)
    return table


def score_rows(scores: FaceScores) -> list[tuple[str, str, str, str, str]]:
    """The table's cells: label, unit, baseline, ours, skill."""
    rows = [_row(value) for value in scores.measured.values()]
    return rows + [(DETERMINED[name], "", "0", f"{value:.2f}", "") for name, value in scores.determined.items() if value is not None]


def write_scores(scores: FaceScores, path: Path, provenance: Provenance, beside: Mapping[str, Any] | None = None) -> None:
    """Writes scores, baselines, skills, what else was measured (`beside`) and where all of it comes from. Raises OutputError."""
    results = {name: value._asdict() | {"skill": value.skill} for name, value in scores.measured.items()}
    record = {"samples": scores.samples, "results": results, **scores.determined, **(beside or {})} | asdict(provenance)
    with replacing(path) as temporary:
        temporary.write_text(json.dumps(record, indent=2) + "\n")


def read_scores(path: Path) -> FaceScores:
    """What `write_scores` wrote, without its provenance. Raises EvaluationError for any other file."""
    try:
        record = json.loads(path.read_text())
        measured: Mapping[str, Measured] = {
            name: Measured(value["label"], value["unit"], value["error"], value["baseline"]) for name, value in record["results"].items()
        }
        amplitude, estimate = (record.get(name) for name in ("static_amplitude_r2", "amplitude_estimate_r2"))
        return FaceScores(samples=record["samples"], static_amplitude_r2=amplitude, amplitude_estimate_r2=estimate, **measured)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise EvaluationError(f"{path} is not a file of scores of this version ({error}): measure again with `hiface-pl test`") from error


def _row(value: Measured) -> tuple[str, str, str, str, str]:
    return value.label, value.unit, f"{value.baseline:.2f}", f"{value.error:.2f}", f"{value.skill:+.3f}"
