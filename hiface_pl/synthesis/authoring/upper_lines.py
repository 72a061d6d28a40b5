"""Where lines run on the forehead, between the brows and around the eyes. Our choice: plausible anatomy, all lengths in mm."""

import numpy as np

from hiface_pl.face_models.chart import FaceChart, Number
from hiface_pl.synthesis.authoring.lines import Ageing, Line, Pen

_FOREHEAD = Ageing("forehead", 0.54, 26.0, 42.0, spread=0.3, group_spread=0.45)
_FOREHEAD_FINE = Ageing("forehead", 0.20, 30.0, 40.0, spread=0.3, group_spread=0.45)
_GLABELLA = Ageing("glabella", 0.40, 28.0, 42.0, male=1.2)
_NASION = Ageing("nasion", 0.25, 38.0, 35.0)
_CROW = Ageing("crow", 0.42, 26.0, 40.0)
_UNDER_EYE = Ageing("under-eye", 0.30, 30.0, 42.0)


def brow_lines(chart: FaceChart, rng: np.random.Generator) -> list[Line]:
    """Three to five wavy forehead lines with short companions, one to three lines between the brows, sometimes one across the nasion."""
    pen = Pen(rng, chart.scale)
    k, bottom = chart.scale, chart.brow_y
    count = int(rng.integers(3, 6))
    room = chart.hairline_y - bottom - 18 * k
    wave, dip = rng.normal(0, 0.8, 2) * k, rng.normal(1.4, 1.0) * k
    for row in range(count):
        height = bottom + 12 * k + room * (row + 0.5 + rng.normal(0, 0.12)) / count
        _forehead_line(pen, height, rng.uniform(32, 46) * k * (1 - 0.07 * row), dip + rng.normal(0, 0.4) * k, wave[row % 2])
    between = chart.landmarks[[21, 22], 1].mean()
    for side in (-1, 1) if rng.random() < 0.8 else (float(rng.choice([-1, 1])),):
        s = side * rng.uniform(5, 7.5) * k
        top = between + rng.uniform(6, 11) * k
        pen.draw([(s * 0.85, between - 6 * k), (s, between + 1 * k), (s * 1.25 + rng.normal(0, 1), top)], 1.45, _GLABELLA)
    if rng.random() < 0.5:
        y = chart.landmarks[27, 1] + rng.normal(0, 2)
        pen.draw([(-9 * k, y + 1), (0, y - 1), (9 * k, y + 1)], 1.3, _NASION)
    return pen.lines


def _forehead_line(pen: Pen, height: float, half: float, dip: float, wave: float) -> None:
    """One line: whole, or broken near the midline into two that overlap; now and then a fine line beside it."""
    k, rng = pen.unit, pen.rng
    shift, tilt = rng.normal(0, 3) * k, rng.normal(0, 0.03)

    def at(fraction: Number, rise: Number) -> tuple[float, float]:
        s = shift + fraction * half
        return s, height + rise + tilt * s + rng.normal(0, 0.5) * k

    whole = [at(-1, -3 * k), at(-0.55, dip + wave), at(0, -0.4 * k), at(0.55, dip - wave), at(1, -3 * k)]
    width = rng.uniform(1.2, 1.7)
    if rng.random() < 0.55:
        pen.draw(whole, width, _FOREHEAD, broken=0.3)
    else:
        gap = rng.normal(0, 0.15)
        left, right = at(gap + 0.12, 0.6 * k), at(gap - 0.05, -1.2 * k)
        pen.draw([whole[0], whole[1], left], width, _FOREHEAD, broken=0.25)
        pen.draw([right, whole[3], whole[4]], width * rng.uniform(0.85, 1.1), _FOREHEAD, broken=0.25)
    if rng.random() < 0.6:
        start, rise = rng.uniform(-0.7, 0.1), rng.uniform(2.5, 4) * k
        pen.draw([at(start, rise), at(start + 0.3, rise + 0.5 * dip), at(start + 0.6, rise)], 1.0, _FOREHEAD_FINE, broken=0.3)


def eye_lines(chart: FaceChart, rng: np.random.Generator) -> list[Line]:
    """Crow's feet and arcs under both eyes; the two sides share their plan and differ by a few degrees."""
    pen = Pen(rng, chart.scale)
    angles = np.linspace(-36, 32, int(rng.integers(3, 6))) + rng.normal(0, 4)
    arcs = [(offset, gain) for offset, gain in ((6.5, 0.7), (10.5, 1.0), (15.0, 0.55)) if rng.random() < 0.75]
    for side, outer, inner, low in ((-1.0, 36, 39, (40, 41)), (1.0, 45, 42, (46, 47))):
        for angle in np.deg2rad(angles + rng.normal(0, 3, len(angles))):
            _crow_foot(pen, chart.landmarks[outer], side, angle)
        bottom = chart.landmarks[list(low)].mean(axis=0)
        for offset, gain in arcs:
            _under_eye(pen, (chart.landmarks[inner], bottom, chart.landmarks[outer]), side, offset, gain)
    return pen.lines


def _crow_foot(pen: Pen, corner: np.ndarray, side: float, angle: float) -> None:
    k, rng = pen.unit, pen.rng
    along = np.array([side * np.cos(angle), np.sin(angle)])
    start = corner + along * rng.uniform(8, 11) * k
    length = rng.uniform(10, 20) * k * (1 - 0.25 * abs(angle))
    bend = np.array([0.0, -np.sign(angle) if abs(angle) > 0.15 else rng.normal(0, 0.5)]) * rng.uniform(0.3, 1.6) * k
    pen.draw([start, start + 0.5 * length * along - 0.3 * bend, start + length * along + bend], rng.uniform(0.9, 1.2), _CROW, broken=0.2)


def _under_eye(pen: Pen, points: tuple[np.ndarray, np.ndarray, np.ndarray], side: float, offset: float, gain: float) -> None:
    k = pen.unit
    inner, bottom, outer = points
    control = [
        inner + np.array([side * 1.5 * k, -0.75 * offset * k]),
        bottom + np.array([pen.rng.normal(0, 1) * k, -offset * k]),
        outer + np.array([-side * 1.0 * k, 1.5 * k - 0.95 * offset * k]),
    ]
    ageing = Ageing(_UNDER_EYE.group, gain * _UNDER_EYE.gain, _UNDER_EYE.onset, _UNDER_EYE.span)
    pen.draw(control, 1.2 + 0.04 * offset, ageing, broken=0.25)
