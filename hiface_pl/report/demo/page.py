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

from hiface_pl.evaluation.scores import FaceScores
from hiface_pl.evaluation.table import score_rows
from hiface_pl.paths import replacing
from hiface_pl.report.demo.settings import GOALS
from hiface_pl.report.demo.stages import Finished
from hiface_pl.report.demo.texts import LIMITS, NUMBERS, OPENING, PHOTO, STYLE
from hiface_pl.report.provenance import Provenance

SIGNS = {">=": "≥", "<=": "≤"}


@dataclass(frozen=True)
class Exhibit:
    """One trained network and what it does: scores on held-out faces, pictures of some of them, a photo's sheet, training curves (SVG)."""

    name: str
    scores: FaceScores
    held_out: UInt8[np.ndarray, "h w 3"]
    photo_sheet: UInt8[np.ndarray, "g v 3"]
    curves: Sequence[str] = ()


def write_page(path: Path, exhibits: Sequence[Exhibit], stages: Sequence[Finished], provenance: Provenance) -> Path:
    """Writes the page. Raises OutputError."""
    body = [_head(provenance), *(_exhibit(exhibit, len(exhibits) > 1) for exhibit in exhibits), _stages(stages), LIMITS]
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


def _exhibit(exhibit: Exhibit, named: bool) -> str:
    title = f": {escape(exhibit.name)}" if named else ""
    parts = [f"<h2>A real photo{title}</h2>", PHOTO, _picture(exhibit.photo_sheet, "photo, overlay, coarse and detailed face, animation")]
    parts += [f"<h2>Numbers{title}</h2>", NUMBERS.format(samples=exhibit.scores.samples), _scores(exhibit.scores)]
    parts += [f"<h2>Held-out synthetic faces{title}</h2><p>The first ones of the test set, not chosen.</p>"]
    parts += [_picture(exhibit.held_out, "input, overlay, coarse, detailed, ground truth")]
    if any(exhibit.curves):
        parts.append(f'<h2>Training{title}</h2><div class="curves">{"".join(exhibit.curves)}</div>')
    return "".join(parts)


def _scores(scores: FaceScores) -> str:
    goals = {value.label: (name, value) for name, value in scores.measured.items() if name in GOALS}
    rows = []
    for label, unit, baseline, ours, skill in score_rows(scores):
        goal = '<td class="dim">no goal</td>'
        if label in goals:
            name, value = goals[label]
            sign, limit, what = GOALS[name]
            number = value.skill if what == "skill" else value.error
            reached = number >= limit if sign == ">=" else number <= limit
            word = "reached" if reached else "missed"
            goal = f'<td class="{"yes" if reached else "no"}">{"skill" if what == "skill" else ""} {SIGNS[sign]} {limit:g}: {word}</td>'
        rows.append(f"<tr><td>{escape(label)}</td><td>{unit}</td><td>{baseline}</td><td>{ours}</td><td>{skill}</td>{goal}</tr>")
    head = "<tr><th>metric</th><th>unit</th><th>mean face</th><th>ours</th><th>skill</th><th>goal</th></tr>"
    return f'<div class="wide"><table>{head}{"".join(rows)}</table></div>'


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
