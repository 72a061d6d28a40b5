"""The demo's page: one HTML file that needs nothing else, with all pictures inside."""

import base64
import io
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

import numpy as np
from jaxtyping import UInt8
from PIL import Image

from hiface_pl.evaluation.scores import FaceScores, Measured
from hiface_pl.evaluation.table import score_rows
from hiface_pl.paths import replacing
from hiface_pl.report.demo.settings import GOALS
from hiface_pl.report.demo.stages import Finished
from hiface_pl.report.demo.texts import LIMITS, NUMBERS, OPENING, PHOTO, STYLE
from hiface_pl.report.provenance import Provenance

SIGNS = {">=": "≥", "<=": "≤"}


@dataclass(frozen=True)
class Exhibit:
    """One trained network: what it is called, what its training cost, scores on held-out faces, a photo's sheet, training curves (SVG)."""

    name: str
    cost: str
    scores: FaceScores
    photo_sheet: UInt8[np.ndarray, "g v 3"]
    curves: Sequence[str] = ()


def write_page(
    path: Path, exhibits: Sequence[Exhibit], held_out: UInt8[np.ndarray, "h w 3"], stages: Sequence[Finished], provenance: Provenance
) -> Path:
    """Writes the page; goals are held against the first exhibit. Raises OutputError."""
    faces = _picture(held_out, "input, overlay, coarse and detailed face of each network, ground truth")
    parts = ["<h2>A real photo</h2>", PHOTO, *map(_photo, exhibits), _numbers(exhibits)]
    parts += [f"<h2>Held-out synthetic faces</h2><p>The first ones of the test set, not chosen.</p>{faces}", *map(_curves, exhibits)]
    body = [_head(provenance), *parts, _stages(stages), LIMITS]
    html = '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">'
    html += f"<title>hiface_pl demo</title><style>{STYLE}</style><body>{''.join(body)}</body></html>\n"
    with replacing(path) as temporary:
        temporary.write_text(html, encoding="utf-8")
    return path


def _head(provenance: Provenance) -> str:
    versions = ", ".join(f"{name} {number}" for name, number in provenance.versions.items() if number != "absent")
    commit = (provenance.commit or "unknown")[:12]
    facts = [provenance.date, f"commit {commit}", provenance.machine, provenance.device, f"seed {provenance.seed}", versions]
    return f'{OPENING}<p class="dim">{" · ".join(map(escape, facts))}</p>'


def _photo(exhibit: Exhibit) -> str:
    title = f"<h3>{escape(exhibit.name)} <small>{escape(exhibit.cost)}</small></h3>"
    return title + _picture(exhibit.photo_sheet, "photo, overlay, coarse and detailed face, animation")


def _curves(exhibit: Exhibit) -> str:
    if not any(exhibit.curves):
        return ""
    return f'<h2>Training: {escape(exhibit.name)}</h2><div class="curves">{"".join(exhibit.curves)}</div>'


def _numbers(exhibits: Sequence[Exhibit]) -> str:
    """One table: a line a quantity, two columns a network."""
    first = exhibits[0].scores
    names = "".join(f'<th colspan="2">{escape(e.name)}<br><small>{escape(e.cost)}</small></th>' for e in exhibits)
    columns = "<th>error</th><th>skill</th>" * len(exhibits)
    head = (
        f"<tr><th></th><th></th><th></th>{names}<th></th></tr><tr><th>metric</th><th>unit</th><th>mean face</th>{columns}<th>goal</th></tr>"
    )
    cells = [{label: (error, skill) for label, _, _, error, skill in score_rows(e.scores)} for e in exhibits]
    goals = {value.label: _goal(name, value) for name, value in first.measured.items() if name in GOALS}
    rows = []
    for label, unit, baseline, _, _ in score_rows(first):
        ours = "".join("<td>{}</td><td>{}</td>".format(*column.get(label, ("", ""))) for column in cells)
        goal = goals.get(label, '<td class="dim">no goal</td>')
        rows.append(f"<tr><td>{escape(label)}</td><td>{unit}</td><td>{baseline}</td>{ours}{goal}</tr>")
    return f'<h2>Numbers</h2>{NUMBERS.format(samples=first.samples)}<div class="wide"><table>{head}{"".join(rows)}</table></div>'


def _goal(name: str, value: Measured) -> str:
    """Whether a quantity reaches what the demo's own training should."""
    sign, limit, what = GOALS[name]
    number = value.skill if what == "skill" else value.error
    reached = number >= limit if sign == ">=" else number <= limit
    text = f"{'skill' if what == 'skill' else ''} {SIGNS[sign]} {limit:g}: {'reached' if reached else 'missed'}"
    return f'<td class="{"yes" if reached else "no"}">{text}</td>'


def _stages(stages: Sequence[Finished]) -> str:
    rows = [(f"{stage.name} (kept from an earlier run)" if stage.kept else stage.name, stage.wall, stage.cpu) for stage in stages]
    rows.append(("all", sum(stage.wall for stage in stages), sum(stage.cpu for stage in stages)))
    cells = "".join(f"<tr><td>{escape(name)}</td><td>{wall:.0f} s</td><td>{cpu:.0f} s</td></tr>" for name, wall, cpu in rows)
    head = "<tr><th>stage</th><th>time</th><th>CPU time</th></tr>"
    return f'<h2>What it took</h2><div class="wide"><table>{head}{cells}</table></div>'


def _picture(pixels: UInt8[np.ndarray, "h w 3"], alternative: str) -> str:
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "WEBP", quality=88, method=4)
    data = base64.b64encode(stream.getvalue()).decode()
    return f'<figure><img alt="{escape(alternative)}" src="data:image/webp;base64,{data}"></figure>'
