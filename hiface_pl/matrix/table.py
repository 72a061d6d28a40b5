"""The table of a matrix on the terminal and as Markdown, CSV and JSON: same-data numbers, and apart from them what was published."""

import csv
import io
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.table import Table

from hiface_pl.matrix.orderings import QUANTITIES, Difference, compared, differences
from hiface_pl.matrix.published import SOURCE, Published, published
from hiface_pl.matrix.same_data import REGIONS, Line, Spread
from hiface_pl.paths import replacing

COLUMNS = (*REGIONS, "all")
SAME = "same data: mean distance in mm by REALY's protocol on open-scans (no REALY result), mean ± standard deviation over seeds"
FACES = "same data: errors on held-out synthetic faces, mean ± standard deviation over seeds"
ORDER = (
    "same data: error minus that of the row it is compared with, mean over the seeds that both have (± their standard deviation); "
    "better or worse where it is more than seeds differ by"
)
PUBLISHED = f"as published: {SOURCE}; mm, mean over subjects"
ABSENT = "-"


@dataclass(frozen=True)
class Cells:
    """A table as text: what it is, its heading and its rows."""

    title: str
    head: list[str]
    rows: list[list[str]]

    def markdown(self) -> str:
        """Its title as a sentence, and the table."""
        lines = [self.head, ["---"] * len(self.head), *self.rows]
        return f"{self.title[0].upper()}{self.title[1:]}.\n\n" + "\n".join(f"| {' | '.join(cells)} |" for cells in lines) + "\n"


def all_cells(lines: Sequence[Line], scale: str) -> dict[str, Cells]:
    """Tables that are never mixed: scans, synthetic faces, differences between rows, and the paper's numbers for the rows that it has."""
    cells = {
        "scans": (f"scale {scale}, {SAME}", _scan_cells(lines)),
        "faces": (f"scale {scale}, {FACES}", _face_cells(lines)),
        "differences": (f"scale {scale}, {ORDER}", _order_cells(lines)),
        "published": (PUBLISHED, _published_cells(lines)),
    }
    return {name: Cells(title, head, rows) for name, (title, (head, *rows)) in cells.items()}


def tables(lines: Sequence[Line], scale: str) -> list[Table]:
    """All of them that have rows, for the terminal."""
    return [_rich(cells) for cells in all_cells(lines, scale).values() if cells.rows]


def write_tables(lines: Sequence[Line], scale: str, folder: Path) -> list[Path]:
    """Writes table.md, table.csv and table.json. Raises OutputError."""
    texts = {
        "table.md": "\n".join(cells.markdown() for cells in all_cells(lines, scale).values()),
        "table.csv": _csv(lines, scale),
        "table.json": _json(lines, scale),
    }
    for name, text in texts.items():
        with replacing(folder / name) as temporary:
            temporary.write_text(text, encoding="utf-8")
    return [folder / name for name in texts]


def _scan_cells(lines: Sequence[Line]) -> list[list[str]]:
    rows = [["row", "mesh", "seeds", "start", *COLUMNS, "s", "CPU s"]]
    for line in lines:
        errors = [ABSENT] * len(COLUMNS) if line.errors is None else [line.errors[name].told() for name in COLUMNS]
        seeds = ",".join(map(str, line.seeds))
        rows.append([line.row, line.kind or "no scans", seeds, line.start, *errors, line.wall.told(0), line.cpu.told(0)])
    return rows


def _face_cells(lines: Sequence[Line]) -> list[list[str]]:
    names = list(dict.fromkeys(name for line in lines for name in line.faces if not name.endswith("_limit")))
    units = {name: unit for line in lines for name, unit in line.units.items()}
    rows = [["row", *(f"{name.replace('_', ' ')} ({units[name]})" for name in names)]]
    cells = {line.row: [face_error(line, name) for name in names] for line in lines}
    return rows + [[row, *numbers] for row, numbers in cells.items()]


def face_error(line: Line, name: str) -> str:
    """Maps are hundredths of a millimetre deep and need a digit more."""
    return line.faces[name].told(4 if name.endswith("_map") else 3) if name in line.faces else ABSENT


def _order_cells(lines: Sequence[Line]) -> list[list[str]]:
    cells = [
        [row, against, *(found[name].told if name in found else ABSENT for name in QUANTITIES)]
        for (row, against), found in compared(lines).items()
    ]
    return [["row", "compared with", *(f"{name.replace('_', ' ')} ({unit})" for name, unit in QUANTITIES.items())], *cells]


def _published_cells(lines: Sequence[Line]) -> list[list[str]]:
    known = {each.row: each for each in published() if each.row}
    rows = [["row", "method of the paper", *COLUMNS]]
    ours = [known[row] for row in dict.fromkeys(line.row for line in lines) if row in known]
    return rows + [[each.row, each.method, *_published(each)] for each in ours]


def _published(each: Published) -> list[str]:
    return [f"{each.mean[region]:.3f}" for region in each.mean] + [f"{each.all:.3f}"]


def _rich(cells: Cells) -> Table:
    table = Table(title=cells.title, title_justify="left", box=None)
    for number, heading in enumerate(cells.head):
        table.add_column(heading, justify="right" if number > 1 else "left", no_wrap=number == 0)
    for row in cells.rows:
        table.add_row(*row)
    return table


def _csv(lines: Sequence[Line], scale: str) -> str:
    """A line a row and kind of mesh; names of columns say of which kind a number is."""
    known = {each.row: each for each in published() if each.row}
    rows = [_flat(line, scale) | _flat_published(line, known) for line in lines]
    text = io.StringIO()
    writer = csv.DictWriter(text, list(dict.fromkeys(name for row in rows for name in row)), lineterminator="\n", restval="")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def _flat(line: Line, scale: str) -> dict[str, object]:
    flat: dict[str, object] = {
        "row": line.row,
        "mesh": line.kind,
        "scale": scale,
        "seeds": " ".join(map(str, line.seeds)),
        "start": line.start,
    }
    for name, value in (line.errors or {}).items():
        flat |= _pair(f"same_data_scans_{name}_mm", value)
    for name, value in line.faces.items():
        flat |= _pair(f"same_data_faces_{name}", value)
    return flat | _pair("wall_seconds", line.wall) | _pair("cpu_seconds", line.cpu)


def _flat_published(line: Line, known: dict[str, Published]) -> dict[str, object]:
    """The paper's group has one kind of mesh a row: numbers stand beside that kind alone."""
    if line.row not in known or line.kind not in {known[line.row].group, ""}:
        return {}
    each = known[line.row]
    flat: dict[str, object] = {f"published_realy_{region}_mm": value for region, value in each.mean.items()}
    return flat | {"published_realy_all_mm": each.all}


def _pair(name: str, value: Spread) -> dict[str, object]:
    return {name: value.mean, f"{name}_std": "" if math.isnan(value.std) else value.std}


def _json(lines: Sequence[Line], scale: str) -> str:
    known = {each.row: each for each in published() if each.row}
    rows = [{name: value if value != "" else None for name, value in _flat(line, scale).items()} for line in lines]
    others = {
        line.row: {
            "method": known[line.row].method,
            "mean": known[line.row].mean,
            "std_over_subjects": known[line.row].std,
            "all": known[line.row].all,
        }
        for line in lines
        if line.row in known
    }
    order = {"what": ORDER, "rows": [_flat_difference(each) for each in differences(lines)]}
    content = {
        "scale": scale,
        "same_data": {"what": SAME, "rows": rows},
        "differences": order,
        "published": {"what": PUBLISHED, "rows": others},
    }
    return json.dumps(content, indent=1) + "\n"


def _flat_difference(each: Difference) -> dict[str, object]:
    std = None if math.isnan(each.spread.std) else each.spread.std
    about = {"row": each.row, "compared_with": each.against, "quantity": each.quantity, "seeds": len(each.spread.values)}
    return about | {"difference": each.spread.mean, "std": std, "verdict": each.verdict.value}
