"""Scores of detail as a table on the terminal."""

from collections.abc import Iterator

from rich import box
from rich.table import Table

from hiface_pl.evaluation.detail.picture_errors import Error, Quantity
from hiface_pl.evaluation.detail.results import KINDS, UNITS, DetailResults

LABELS = {
    Quantity.TOTAL: "whole map",
    Quantity.STATIC: "static map",
    Quantity.COMPRESSED: "compressed map",
    Quantity.STRETCHED: "stretched map",
    Quantity.NORMALS: "normals",
    Quantity.COARSE_NORMALS: "normals, coarse",
    Quantity.MAP_NORMALS: "normals of the map",
}


def detail_table(results: DetailResults) -> Table:
    """A block a kind of image: the mean face's error, the least that the bases allow, ours."""
    failed = f", {len(results.failures)} FAILED" if results.failures else ""
    known = "; faces were not looked for" if results.settings["boxes"] == "truth" else ""
    count = len(results.pictures) - len(results.failures)
    title = f"open-scans: detail against the truth, {count} images{failed}{known}"
    table = Table(title=title, title_justify="left", box=box.SIMPLE, padding=(0, 1, 0, 0))
    for heading in ("images", "quantity", "unit"):
        table.add_column(heading)
    for heading in ("mean face", "bases allow", "ours"):
        table.add_column(heading, justify="right")
    for kind in KINDS:
        rows = list(results.means(kind).items())
        for place, (quantity, error) in enumerate(rows):
            about = f"{kind}, {len(results.measured(kind))}" if place == 0 else ""
            table.add_row(about, LABELS[quantity], UNITS[quantity], *_cells(quantity, error), end_section=place == len(rows) - 1)
    for about, label, unit, number in _decoupling(results):
        table.add_row(about, label, unit, "", "", number)
    return table


def _cells(quantity: Quantity, error: Error) -> tuple[str, str, str]:
    digits = 2 if UNITS[quantity] == "deg" else 4
    limit = "" if error.limit is None else f"{error.limit:.{digits}f}"
    return f"{error.mean:.{digits}f}", limit, f"{error.error:.{digits}f}"


def _decoupling(results: DetailResults) -> Iterator[tuple[str, str, str, str]]:
    scores = results.decoupling
    rows = (
        ("one person", "mm", scores.same_person),
        ("two people", "mm", scores.people),
        ("two people, truth", "mm", scores.true_people),
        ("leak (0 best)", "", scores.leak),
        ("spread (1 best)", "", scores.spread),
    )
    for place, (label, unit, value) in enumerate(rows):
        yield "decoupling" if place == 0 else "", label, unit, "-" if value is None else f"{value:.4f}"
