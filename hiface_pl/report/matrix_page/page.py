"""The page: one HTML file that needs nothing else, neither a server nor the network."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from importlib.resources import files
from pathlib import Path
from typing import Any

from hiface_pl.matrix.same_data import same_data
from hiface_pl.paths import replacing
from hiface_pl.report.matrix_page.finished_rows import FoundRow
from hiface_pl.report.matrix_page.markup import paragraph, section
from hiface_pl.report.matrix_page.numbers import differences_section, faces_section, published_section, same_data_section
from hiface_pl.report.matrix_page.row_facts import failures_section, rows_section

SIDE_BY_SIDE = "The same faces by all rows"
VIEWER = (
    "Held-out synthetic people: no training has seen them, and the true shape and wrinkles are known. Drag to turn, all faces follow; "
    "pinch, or the wheel with Ctrl, comes nearer; double click goes back. The slider goes from the neutral face to the expression and "
    "beyond: vertex tension follows it, and dynamic wrinkles with it. The number at each face is its shape error, the mean distance to the "
    "truth over the face."
)
CHOICE = "Chosen by the ground truth alone: among the first faces of the test store, those whose expressions wrinkle the skin most."
NAMED = "Chosen by hand."
LINKS = {
    "faces-3d": "Faces",
    "scans": "Scans",
    "faces": "Synthetic faces",
    "differences": "Better or worse",
    "published": "As published",
    "rows": "Rows",
    "failures": "Failures",
}
CLOSING, ESCAPED = "</", "<\\/"
"""What would end a script too early, and what says the same inside one."""


@dataclass(frozen=True)
class Scenes:
    """What the viewer is given: what all faces share, each face, and why rows are not among them."""

    shared: Mapping[str, Any]
    faces: Sequence[Mapping[str, Any]]
    left_out: Mapping[str, str]
    store: str
    chosen: bool


def write_page(path: Path, rows: Sequence[FoundRow], scale: str, scenes: Scenes | None, no_scenes: str = "") -> Path:
    """Writes the page; `no_scenes` says why there are no faces, where there are none. Raises EvaluationError or OutputError."""
    records = [row.record for row in rows]
    lines = same_data(records, scale)
    names = list(dict.fromkeys(line.row for line in lines))
    parts = [_viewer(scenes) if scenes else section("faces-3d", SIDE_BY_SIDE, paragraph(no_scenes))]
    parts += [same_data_section(lines, records), faces_section(lines), differences_section(lines)]
    parts += [published_section(names), rows_section(rows, lines)]
    parts += [failures_section(rows), _scripts(scenes) if scenes else ""]
    html = '<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">'
    html += f"<title>hiface_pl: rows at scale {escape(scale)}</title><style>{_data('page.css')}</style></head>"
    html += f"<body>{_head(rows, names, scale)}<main>{''.join(parts)}</main></body></html>\n"
    with replacing(path) as temporary:
        temporary.write_text(html, encoding="utf-8")
    return path


def _head(rows: Sequence[FoundRow], names: Sequence[str], scale: str) -> str:
    done = [row.record for row in rows if row.done]
    commits = sorted({str(record.environment.get("commit") or "unknown")[:12] for record in done})
    machines = sorted({str(record.environment.get("machine", "unknown")) for record in done})
    seeds = _plural(len({record.plan.seed for record in done}), "seed")
    lead = paragraph(f"{_plural(len(names), 'finished row')} at scale {scale}, {seeds}", "lead")
    links = "".join(f'<a href="#{anchor}">{text}</a>' for anchor, text in LINKS.items())
    facts = [f"trained at commit {', '.join(commits)}", *machines, f"page of {datetime.now(UTC):%Y-%m-%d %H:%M} UTC"]
    return f'<header><h1>HiFace rows side by side</h1>{lead}<nav>{links}</nav><p class="dim">{" · ".join(map(escape, facts))}</p></header>'


def _viewer(scenes: Scenes) -> str:
    waiting = '<div id="viewer">The 3D view needs JavaScript and WebGL 2.</div>'
    left_out = "".join(f"<li>{escape(name)}: {escape(reason)}</li>" for name, reason in scenes.left_out.items())
    missing = f"{paragraph('Rows that cannot be shown:', 'dim')}<ul>{left_out}</ul>" if left_out else ""
    names = ", ".join(str(face["name"]) for face in scenes.faces)
    chosen = paragraph(f"{names} of `{scenes.store}`. {CHOICE if scenes.chosen else NAMED}", "dim")
    return section("faces-3d", SIDE_BY_SIDE, paragraph(VIEWER), waiting, missing, chosen)


def _scripts(scenes: Scenes) -> str:
    """The numbers first, then the program that reads them."""
    parts = [f'<script type="application/json" id="scene">{_json(scenes.shared)}</script>']
    parts += [f'<script type="application/json" data-face>{_json(face)}</script>' for face in scenes.faces]
    program, licence = _data("viewer.min.js").replace(CLOSING, ESCAPED), _data("viewer.licence.txt").replace("--", "- -")
    return "".join([*parts, f"<script>{program}</script><!-- {licence} -->"])


def _json(content: Mapping[str, Any]) -> str:
    return json.dumps(content, separators=(",", ":")).replace(CLOSING, ESCAPED)


def _data(name: str) -> str:
    return (files("hiface_pl.report.matrix_page") / "data" / name).read_text(encoding="utf-8")


def _plural(count: int, word: str) -> str:
    return f"{count} {word}{'' if count == 1 else 's'}"
