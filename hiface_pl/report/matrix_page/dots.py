"""A picture of the table: one dot a seed, a bar for the mean and a line for the standard deviation of each row."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from hiface_pl.matrix.same_data import Spread

LEFT, WIDTH, LINE, TOP = 226, 540, 26, 30
TICKS = 5


@dataclass(frozen=True)
class Strip:
    """One line of the picture."""

    name: str
    kind: str
    spread: Spread
    seeds: Sequence[float]


def dots(strips: Sequence[Strip], unit: str) -> str:
    """An SVG; values to the left are better."""
    low, high, step = _axis([value for strip in strips for value in strip.seeds])

    def x(value: float) -> float:
        return LEFT + WIDTH * (value - low) / (high - low)

    height = TOP + LINE * len(strips) + 26.0
    parts = [_tick(low + step * number, x(low + step * number), height - 26) for number in range(round((high - low) / step) + 1)]
    parts += [_strip(strip, TOP + LINE * (number + 0.5), x) for number, strip in enumerate(strips)]
    parts.append(f'<text class="unit" x="{LEFT + WIDTH}" y="{height - 4:.0f}">{escape(unit)}</text>')
    size = f'viewBox="0 0 {LEFT + WIDTH + 114} {height:.0f}"'
    return f'<svg class="dots" {size} role="img" aria-label="errors of all rows">{"".join(parts)}</svg>'


def _strip(strip: Strip, y: float, x) -> str:  # type: ignore[no-untyped-def]
    mean, std = strip.spread.mean, strip.spread.std
    whisker = "" if math.isnan(std) else f'<line class="std" x1="{x(mean - std):.1f}" x2="{x(mean + std):.1f}" y1="{y}" y2="{y}"/>'
    seeds = "".join(f'<circle cx="{x(value):.1f}" cy="{y}" r="4"/>' for value in strip.seeds)
    middle = f'<line class="mean" x1="{x(mean):.1f}" x2="{x(mean):.1f}" y1="{y - 8}" y2="{y + 8}"/>'
    name = f'<text class="name" x="{LEFT - 14}" y="{y + 4}">{escape(strip.name)}</text>'
    value = f'<text class="value" x="{LEFT + WIDTH + 110}" y="{y + 4}">{strip.spread.told()}</text>'
    return f'<g class="{strip.kind}">{name}{whisker}{seeds}{middle}{value}</g>'


def _tick(value: float, x: float, bottom: float) -> str:
    line = f'<line class="grid" x1="{x:.1f}" x2="{x:.1f}" y1="{TOP - 6}" y2="{bottom}"/>'
    return f'{line}<text class="tick" x="{x:.1f}" y="{TOP - 12}">{value:g}</text>'


def _axis(values: Sequence[float]) -> tuple[float, float, float]:
    """Round ends around all values, and the step between ticks."""
    low, high = min(values), max(values)
    room = max(high - low, 0.02 * abs(high), 1e-3)
    raw = 1.2 * room / TICKS
    size = 10 ** math.floor(math.log10(raw))
    step = next(size * factor for factor in (1, 2, 5, 10) if size * factor >= raw)
    return math.floor((low - 0.05 * room) / step) * step, math.ceil((high + 0.05 * room) / step) * step, round(step, 9)
