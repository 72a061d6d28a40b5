"""Several evaluations of one benchmark in one table, such as coarse and detailed meshes of a network."""

from collections.abc import Mapping

from rich import box
from rich.table import Table

from hiface_pl.evaluation.realy.evaluate import Evaluation
from hiface_pl.evaluation.realy.regions import Region
from hiface_pl.evaluation.realy.result_table import title, with_spread


def comparison_table(evaluations: Mapping[str, Evaluation]) -> Table:
    """A row each: its label with the number of meshes measured, mean and standard deviation a region, and the mean of the four means.

    Narrow enough for 80 columns.
    """
    first = next(iter(evaluations.values()))
    table = Table(title=title(first), title_justify="left", box=box.SIMPLE, padding=(0, 1, 0, 0))
    table.add_column("meshes")
    for heading in (*Region, "all"):
        table.add_column(heading, justify="right")
    for label, evaluation in evaluations.items():
        summary = evaluation.summary
        means = [with_spread(summary.mean[region], summary.std[region]) for region in Region]
        table.add_row(f"{label} ({summary.count})", *means, f"{summary.all:.3f}")
    return table
