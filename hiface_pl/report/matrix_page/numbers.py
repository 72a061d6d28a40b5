"""The tables of the page: same-data numbers, and apart from them what was published."""

from collections.abc import Sequence
from html import escape

from hiface_pl.matrix.orderings import QUANTITIES, Difference, Verdict, compared
from hiface_pl.matrix.published import Published, published
from hiface_pl.matrix.row_record import RowRecord
from hiface_pl.matrix.same_data import KINDS, SCANS, Line
from hiface_pl.matrix.table import ABSENT, COLUMNS, face_error
from hiface_pl.report.matrix_page.dots import Strip, dots
from hiface_pl.report.matrix_page.finished_rows import place_of
from hiface_pl.report.matrix_page.markup import paragraph, section, table

SAME = "Same data: our open scans, made of synthetic people, measured by REALY's protocol"
SAME_TEXT = (
    "Mean distance in mm to open-scans by the steps of REALY's evaluation: mean ± standard deviation over seeds. These are no REALY "
    "results, and not to be compared with the published numbers below. Bold is the lowest mean of a column, however far the seeds spread."
)
FACES = "Same data: held-out synthetic faces"
FACES_TEXT = "Errors on people that no training has seen, mean ± standard deviation over seeds."
ORDER = "Same data: better or worse than what the paper compares with"
ORDER_TEXT = (
    "Error minus that of the row named beside it: mean over the seeds that both have ± their standard deviation. A difference is called "
    "better or worse where it exceeds two standard errors and no seed says the opposite (of one seed: where it exceeds twice what two "
    "seeds of the other row differ by); ~ is within the noise of seeds, ? has too few of them."
)
PAPER = "As published: the paper's Table 1 on REALY's scans"
PAPER_TEXT = (
    "HiFace (ICCV 2023), Table 1, frontal view: mean ± standard deviation over REALY's subjects in mm. Other training data, scans and "
    "networks than ours; the spread is over people, not over seeds."
)
PICTURE = "mean distance over all regions, mm; left is better, a dot is a seed"
CLEAR = {Verdict.BETTER, Verdict.WORSE}
TITLES = {"coarse": "Coarse shape", "detail": "With detail"}


def same_data_section(lines: Sequence[Line], records: Sequence[RowRecord]) -> str:
    """Table 1's layout over our own scans, with a picture of the last column."""
    measured = [line for line in lines if line.errors is not None]
    if not measured:
        return section("scans", SAME, paragraph("No row has been measured on scans."))
    parts = [paragraph(SAME_TEXT, "same"), f'<div class="wide">{dots(_strips(measured, records), PICTURE)}</div>']
    for kind in KINDS:
        own = sorted((line for line in measured if line.kind == kind), key=lambda line: place_of(line.row))
        best = {name: min(line.errors[name].mean for line in own if line.errors) for name in COLUMNS} if own else {}
        rows = [[escape(line.row), ", ".join(map(str, line.seeds)), *_errors(line, best), escape(line.start)] for line in own]
        head = [TITLES[kind], "seeds", *COLUMNS, "start"]
        parts.append(table(head, rows, "numbers same last-word") if own else "")
    return section("scans", SAME, *parts)


def faces_section(lines: Sequence[Line]) -> str:
    """All quantities that the test measures, a line a row."""
    faces = {line.row: line for line in sorted(lines, key=lambda line: place_of(line.row))}
    names = list(dict.fromkeys(name for line in faces.values() for name in line.faces if not name.endswith("_limit")))
    units = {name: unit for line in faces.values() for name, unit in line.units.items()}
    head = ["row", *(f"{escape(name.replace('_', ' '))}<br><small>{escape(units[name])}</small>" for name in names)]
    rows = [[escape(line.row), *(face_error(line, name) for name in names)] for line in faces.values()]
    return section("faces", FACES, paragraph(FACES_TEXT, "same"), table(head, rows, "numbers same many"))


def differences_section(lines: Sequence[Line]) -> str:
    """Every row against the one that the paper compares it with."""
    pairs = sorted(compared(lines).items(), key=lambda pair: place_of(pair[0][0]))
    rows = [[escape(row), escape(against), *(_difference(found.get(name)) for name in QUANTITIES)] for (row, against), found in pairs]
    head = ["row", "compared with", *(f"{name.replace('_', ' ')}<br><small>{unit}</small>" for name, unit in QUANTITIES.items())]
    parts = (
        [paragraph(ORDER_TEXT, "same"), table(head, rows, "numbers same many", left=2)] if rows else [paragraph("No two rows to compare.")]
    )
    return section("differences", ORDER, *parts)


def _difference(each: Difference | None) -> str:
    if each is None:
        return ABSENT
    return f"<b>{each.told}</b>" if each.verdict in CLEAR else each.told


def published_section(rows: Sequence[str]) -> str:
    """The whole table of the paper; the methods that are rows here are marked."""
    parts = [paragraph(PAPER_TEXT, "paper")]
    for kind in KINDS:
        methods = [each for each in published() if each.group == kind]
        cells = [[_method(each, rows), *_published(each)] for each in methods]
        parts.append(table([TITLES[kind], *COLUMNS], cells, "numbers paper"))
    return section("published", PAPER, *parts)


def _errors(line: Line, best: dict[str, float]) -> list[str]:
    errors = line.errors or {}
    return [f"<b>{errors[name].told()}</b>" if errors[name].mean == best[name] else errors[name].told() for name in COLUMNS]


def _strips(lines: Sequence[Line], records: Sequence[RowRecord]) -> list[Strip]:
    strips = []
    for line in sorted(lines, key=lambda line: (KINDS.index(line.kind), place_of(line.row))):
        seeds = [record.results[SCANS][line.kind]["all"] for record in records if record.plan.name == line.row and record.results]
        strips.append(Strip(f"{line.row}, {line.kind}", line.kind, (line.errors or {})["all"], seeds))
    return strips


def _method(each: Published, rows: Sequence[str]) -> str:
    name = escape(each.method)
    return f"<b>{name}</b> <small>{escape(each.row)}</small>" if each.row in rows else name


def _published(each: Published) -> list[str]:
    regions = [f"{each.mean[region]:.3f} <small>± {each.std[region]:.3f}</small>" for region in each.mean]
    return [*regions, f"{each.all:.3f}"]
