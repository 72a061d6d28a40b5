"""Wrinkle lines: what a line is, how deep it is at an age, and how a set of lines is drawn."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import numpy as np
from jaxtyping import Float32

from hiface_pl.face_models.chart import Number, smooth_step
from hiface_pl.synthesis.authoring.strokes import draw_furrows, spline


class Region(IntEnum):
    """Parts of the face whose lines are laid out independently of each other."""

    BROW = 0
    EYES = 1
    CHEEKS = 2
    MOUTH = 3


@dataclass(frozen=True)
class Ageing:
    """Depth in mm at an age: `base + gain * smooth_step(age; onset, onset + span)`, times `male` or 1, times a subject's own factor.

    `spread` is the log SD of one line's factor; `group` names the lines that also share a factor.
    Our choice: plausible curves, not measured.
    """

    group: str
    gain: Number
    onset: Number
    span: Number
    base: float = 0.0
    male: float = 1.0
    spread: float = 0.35
    group_spread: float = 0.4

    def depth(self, age: Number, male: Number) -> float:
        """Depth in mm before the subject's factors."""
        return (self.base + self.gain * float(smooth_step(age, self.onset, self.onset + self.span))) * (1 + (self.male - 1) * male)


@dataclass(frozen=True)
class Line:
    """A polyline in the face chart (mm) with a relative depth per point, a width (mm), and how it ages. Negative depth is a ridge."""

    points: Float32[np.ndarray, "p 2"]
    profile: Float32[np.ndarray, " p"]
    width: float
    ageing: Ageing


class Pen:
    """Draws lines of one layout: knows the length unit, the random source and how hands tremble."""

    def __init__(self, rng: np.random.Generator, unit: float) -> None:
        """`unit` is the chart's scale: lengths below are for a face of the reference size."""
        self.rng = rng
        self.unit = unit
        self.lines: list[Line] = []

    def draw(self, control: Sequence[Any], width: Number, ageing: Ageing, broken: Number = 0.0) -> Line:
        """Adds a line through the (s, y) pairs `control` (mm) that tapers towards its ends; `broken` in [0, 1] lets parts of it fade."""
        length = float(np.linalg.norm(np.diff(np.asarray(control), axis=0), axis=1).sum())
        count = int(np.clip(length / (1.8 * self.unit), 6, 40))
        place = np.linspace(0, 1, count)
        profile = np.minimum(1, 4.5 * np.minimum(place + 0.02, 1.02 - place)) ** 0.9
        profile *= 1 + 0.25 * np.sin(2 * np.pi * (place * self.rng.uniform(1, 2) + self.rng.random()))
        if broken:
            profile *= np.clip(1.1 + broken * np.interp(place, np.linspace(0, 1, 6), self.rng.normal(0, 1, 6)), 0, 1.4)
        tremble = np.cumsum(self.rng.normal(0, 0.09 * self.unit, (count, 2)), axis=0)
        points = spline(np.asarray(control), count) + tremble - tremble.mean(axis=0)
        line = Line(points.astype(np.float32), profile.astype(np.float32), width * self.unit * self.rng.uniform(0.88, 1.12), ageing)
        self.lines.append(line)
        return line

    def fold(self, line: Line, away: Number, width: Number, height: Number, side: Number) -> None:
        """Adds the skin that hangs over a crease: a broad ridge `away` mm beside the line, `height` times as high as the line is deep.

        `side` is the sign of the chart's s on which it lies.
        """
        shift = np.array([side * away * self.unit, 0.15 * away * self.unit], dtype=np.float32)
        self.lines.append(Line(line.points + shift, -height * line.profile, width * self.unit, line.ageing))


@dataclass(frozen=True)
class LineDepths:
    """The depth in mm of each line of a layout on one subject, at that subject's age."""

    depths: Float32[np.ndarray, " l"]


def subject_depths(rng: np.random.Generator, lines: Sequence[Line], age: Number, male: Number, strength: float) -> LineDepths:
    """Draws the subject's own factors. `strength` is the factor that all of its lines share.

    The draws do not depend on the age, so one subject's lines deepen steadily as it ages.
    """
    groups: dict[str, float] = {}
    depths = np.empty(len(lines), dtype=np.float32)
    for index, line in enumerate(lines):
        ageing = line.ageing
        if ageing.group not in groups:
            groups[ageing.group] = lognormal(rng, ageing.group_spread)
        depths[index] = ageing.depth(age, male) * strength * groups[ageing.group] * lognormal(rng, ageing.spread)
    return LineDepths(depths)


def draw_lines(
    lines: Sequence[Line], depths: Float32[np.ndarray, " l"], s: Float32[np.ndarray, " n"], y: Float32[np.ndarray, " n"], narrowest: float
) -> Float32[np.ndarray, " n"]:
    """Heights in mm at the chart points (s, y); no line is drawn narrower than `narrowest` mm (what texels can hold)."""
    height = np.zeros(len(s), dtype=np.float32)
    used = [i for i in range(len(lines)) if depths[i] > 0.004]
    if not used:
        return height
    first = np.cumsum([0] + [len(lines[i].points) for i in used])
    points = np.concatenate([lines[i].points for i in used])
    depth = np.concatenate([depths[i] * lines[i].profile for i in used]).astype(np.float32)
    width = np.concatenate([np.full(len(lines[i].points), max(lines[i].width, narrowest), np.float32) for i in used])
    draw_furrows(height, s, y, points, depth, width, first)
    return height


def lognormal(rng: np.random.Generator, spread: float) -> float:
    """A positive factor with mean 1 and log SD `spread`, at most e^(2 spread)."""
    return float(np.exp(np.clip(rng.normal(0, spread), -2 * spread, 2 * spread) - 0.5 * spread * spread))
