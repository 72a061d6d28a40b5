"""The files of an evaluation. Equal inputs give equal bytes, however often a run was stopped: seconds lie in a file of their own."""

import csv
import io
import json
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from hiface_pl.evaluation.realy.aggregate import Summary
from hiface_pl.evaluation.realy.measurement import Measured
from hiface_pl.evaluation.realy.regions import Region
from hiface_pl.paths import replacing

WHAT = "mean distance in mm, which REALY calls NMSE"
DIGITS = 9


def cut(value: float) -> str:
    """A number cut, not rounded, to nine characters. Paper: REALY's result file. Small ones have no exponent, which would be cut off."""
    return np.format_float_positional(value, trim="0")[:DIGITS]


def error_text(rows: Sequence[Measured]) -> str:
    """REALY's own result file: NAME, two tabs, nose, mouth, forehead and cheek in mm with tabs between. Failed meshes have no line."""
    measured = [(row.name, row.result) for row in rows if row.result is not None]
    return "".join(f"{name}\t\t" + "\t".join(cut(result.errors[region]) for region in Region) + "\n" for name, result in measured)


def table_text(rows: Sequence[Measured]) -> str:
    """CSV with a row a mesh: all digits, what `strict` mode did differently, and why a mesh failed."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["name", "subject", *Region, "all", "deviations", "failure"])
    for row in rows:
        numbers = [""] * 5 if row.result is None else [*(row.result.errors[region] for region in Region), row.result.all]
        deviations = () if row.result is None else row.result.deviations
        writer.writerow([row.name, "" if row.subject is None else row.subject, *numbers, "; ".join(deviations), row.problem])
    return text.getvalue()


def summary_content(rows: Sequence[Measured], summary: Summary, settings: Mapping[str, Any], left_aside: int = 0) -> dict[str, Any]:
    """What was measured and how, the statistics, and every failure with its reason."""
    deviations = Counter(sentence for row in rows if row.result is not None for sentence in row.result.deviations)
    return {
        "what": WHAT,
        **settings,
        "meshes": summary.count,
        "failed": len(rows) - summary.count,
        "left_aside": left_aside,
        "regions": {region: _statistics(summary, region) for region in Region},
        "all": summary.all,
        "deviations": dict(sorted(deviations.items())),
        "failures": {row.name: row.problem for row in rows if row.result is None},
    }


def summary_text(rows: Sequence[Measured], summary: Summary, settings: Mapping[str, Any], left_aside: int) -> str:
    """JSON: `summary_content`. Seconds differ from run to run and lie elsewhere."""
    content = summary_content(rows, summary, settings, left_aside) | {"seconds": "in seconds.json"}
    return json.dumps(content, indent=2) + "\n"


def seconds_text(rows: Sequence[Measured]) -> str:
    """JSON: seconds of each step over all meshes, and of each mesh; of those kept from a former run, the seconds of then."""
    steps: Counter[str] = Counter()
    meshes = {}
    for row in rows:
        if row.result is not None:
            steps.update(row.result.seconds)
            meshes[row.name] = round(sum(row.result.seconds.values()), 4)
    content = {"total": round(sum(steps.values()), 3), "steps": {step: round(value, 3) for step, value in steps.items()}, "meshes": meshes}
    return json.dumps(content, indent=2) + "\n"


def write_text(path: Path, text: str) -> None:
    """Writes a result file. Raises OutputError."""
    with replacing(path) as temporary:
        temporary.write_text(text)


def _statistics(summary: Summary, region: Region) -> dict[str, float | None]:
    std = summary.std[region]
    return {"mean": summary.mean[region], "median": summary.median[region], "std": std if math.isfinite(std) else None}
