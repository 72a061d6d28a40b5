"""A training curve as an SVG that stands in a page."""

import csv
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

WIDTH, HEIGHT, MARGIN = 460, 220, 46
COLOURS = ("#2f6fb3", "#c4572b", "#3a8f5c", "#8a5fb0")


@dataclass(frozen=True)
class Curve:
    """One line: a name and points (step, value)."""

    name: str
    points: list[tuple[float, float]]


def read_curves(path: Path, columns: dict[str, str]) -> list[Curve]:
    """Curves from a metrics.csv of Lightning's CSVLogger; `columns` maps column names to what they are called in the picture."""
    if not path.is_file():
        return []
    with path.open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    curves = []
    for column, name in columns.items():
        points = [(float(row["step"]), float(row[column])) for row in rows if row.get(column)]
        points = [point for point in points if math.isfinite(point[1])]
        if len(points) > 1:
            curves.append(Curve(name, points))
    return curves


def svg(curves: Sequence[Curve], title: str, logarithmic: bool = False) -> str:
    """Lines over training steps, with axes and a legend; values can be shown on a logarithmic scale."""
    if not curves:
        return ""
    shown = [Curve(c.name, [(x, math.log10(y)) for x, y in c.points if y > 0]) if logarithmic else c for c in curves]
    xs, ys = ([point[axis] for curve in shown for point in curve.points] for axis in (0, 1))
    low, high = min(*ys, *((0.0,) if not logarithmic else ())), max(ys)
    right, span = max(xs) or 1.0, (high - low) or 1.0

    def place(point: tuple[float, float]) -> str:
        x = MARGIN + point[0] / right * (WIDTH - MARGIN - 12)
        y = HEIGHT - 28 - (point[1] - low) / span * (HEIGHT - 28 - 34)
        return f"{x:.1f},{y:.1f}"

    parts = [f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{title}"><text x="{MARGIN}" y="16" class="t">{title}</text>']
    for value in (low, low + span / 2, low + span):
        y = place((0.0, value)).split(",")[1]
        label = f"{10**value:.3g}" if logarithmic else f"{value:.2f}"
        parts.append(f'<line x1="{MARGIN}" x2="{WIDTH - 12}" y1="{y}" y2="{y}" class="g"/>')
        parts.append(f'<text x="{MARGIN - 6}" y="{y}" dy="4" class="a e">{label}</text>')
    parts.append(f'<text x="{WIDTH - 12}" y="{HEIGHT - 8}" class="a e">{right:.0f} steps</text>')
    for number, curve in enumerate(shown):
        colour = COLOURS[number % len(COLOURS)]
        parts.append(f'<polyline points="{" ".join(map(place, curve.points))}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts.append(f'<text x="{MARGIN + 8 + 115 * number}" y="{HEIGHT - 8}" class="a" style="fill:{colour}">{curve.name}</text>')
    return "".join(parts) + "</svg>"
