"""The table of an evaluation on the terminal."""

import math

from rich.box import SIMPLE
from rich.table import Table

from hiface_pl.evaluation.realy.benchmark_folder import REALY
from hiface_pl.evaluation.realy.evaluate import Evaluation
from hiface_pl.evaluation.realy.regions import Region


def result_table(evaluation: Evaluation) -> Table:
    """Mean and standard deviation, and median, a region; `all` is the mean of the four means and has no deviation, as in REALY's tables."""
    summary = evaluation.summary
    table = Table(title=title(evaluation), title_justify="left", box=SIMPLE, padding=(0, 1), collapse_padding=True)
    for heading in ("", *Region, "all"):
        table.add_column(heading, justify="right" if heading else "left", no_wrap=True)
    means = [with_spread(summary.mean[region], summary.std[region]) for region in Region]
    table.add_row("mean", *means, f"{summary.all:.3f}")
    table.add_row("median", *(f"{summary.median[region]:.3f}" for region in Region), "")
    return table


def title(evaluation: Evaluation) -> str:
    """What the numbers are, of what, and over how many meshes."""
    settings = evaluation.settings
    what = (
        "mean distance in mm (REALY: NMSE)"
        if settings["benchmark"] == REALY
        else "mean distance in mm by REALY's protocol, no REALY result"
    )
    failed = f", {len(evaluation.failures)} FAILED" if evaluation.failures else ""
    return f"{settings['benchmark']} {settings['view']}: {what}; {settings['mode']} mode, {evaluation.summary.count} meshes{failed}"


def with_spread(mean: float, std: float) -> str:
    """A table's cell; one mesh has no deviation."""
    return f"{mean:.3f}" if math.isnan(std) else f"{mean:.3f} ± {std:.3f}"
