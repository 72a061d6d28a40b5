"""Where lines run on the cheeks, around the mouth and on the chin. Our choice: plausible anatomy, all lengths in mm."""

import numpy as np

from hiface_pl.face_models.chart import FaceChart, Number
from hiface_pl.synthesis.authoring.lines import Ageing, Line, Pen

_NASOLABIAL = Ageing("nasolabial", 0.70, 22.0, 50.0, base=0.1, spread=0.12)
_MARIONETTE = Ageing("marionette", 0.46, 38.0, 40.0, spread=0.2)
_CHEEK = Ageing("cheek", 0.24, 50.0, 32.0)
_MENTAL = Ageing("mental", 0.28, 30.0, 40.0, base=0.13, spread=0.25)
_PERIORAL = Ageing("perioral", 0.26, 48.0, 28.0, male=0.65)


def cheek_lines(chart: FaceChart, rng: np.random.Generator) -> list[Line]:
    """Nasolabial folds, lines from the mouth's corners to the jaw, and arcs on the cheeks."""
    pen = Pen(rng, chart.scale)
    reach, arcs = rng.uniform(0, 1), int(rng.integers(1, 4))
    for side, wing, corner in ((-1.0, chart.landmarks[31], chart.landmarks[48]), (1.0, chart.landmarks[35], chart.landmarks[54])):
        _nasolabial(pen, wing, corner, side, reach)
        _marionette(pen, corner, side)
        for number in range(arcs):
            _cheek_arc(pen, wing, corner, side, 15 + 9 * number + rng.normal(0, 1.5))
    return pen.lines


def _nasolabial(pen: Pen, wing: np.ndarray, corner: np.ndarray, side: float, reach: float) -> None:
    """From beside the nose's wing in an arc past the mouth's corner; `reach` in [0, 1] says how far below it runs."""
    k = pen.unit

    def at(base: np.ndarray, s: Number, y: Number) -> np.ndarray:
        return base + np.array([side * s * k, y * k])

    control = [at(wing, 3.5, 6), at(wing, 8.5, -2), at(0.5 * (wing + corner), 12, -1), at(corner, 10.5, 2), at(corner, 10, -3 - 7 * reach)]
    line = pen.draw(control, pen.rng.uniform(2.1, 2.9), _NASOLABIAL)
    pen.fold(line, 6.0, 4.2, 0.4, side)


def _marionette(pen: Pen, corner: np.ndarray, side: float) -> None:
    k, rng = pen.unit, pen.rng
    end = rng.uniform(16, 25)
    control = [
        corner + np.array([side * s * k, y * k])
        for s, y in ((3.5, -3), (6 + rng.normal(0, 0.5), -0.5 * end), (6.5 + rng.normal(0, 1), -end))
    ]
    pen.fold(pen.draw(control, rng.uniform(1.7, 2.2), _MARIONETTE, broken=0.15), 5.0, 3.6, 0.35, side)


def _cheek_arc(pen: Pen, wing: np.ndarray, corner: np.ndarray, side: float, out: float) -> None:
    k = pen.unit
    middle = 0.5 * (wing + corner)
    control = [
        middle + np.array([side * (11 + out) * k, 10 * k]),
        corner + np.array([side * (10 + out) * k, 2 * k]),
        corner + np.array([side * (8 + 0.8 * out) * k, -14 * k]),
    ]
    pen.draw(control, 1.5, _CHEEK, broken=0.3)


def mouth_lines(chart: FaceChart, rng: np.random.Generator) -> list[Line]:
    """The crease above the chin and short upright lines above the upper lip."""
    pen = Pen(rng, chart.scale)
    k = chart.scale
    y = chart.landmarks[57, 1]
    half = rng.uniform(12, 17) * k
    pen.draw([(-half, y - 8.5 * k), (rng.normal(0, 1.5), y - 6.5 * k), (half, y - 8.5 * k)], 2.6, _MENTAL)
    lip = chart.landmarks[48:55]
    for place in np.linspace(-0.8, 0.8, int(rng.integers(7, 12))):
        s = place * chart.mouth_half + rng.normal(0, 0.7) * k
        edge = np.interp(s, lip[:, 0], lip[:, 1])
        pen.draw([(s, edge + 1.8 * k), (1.04 * s, edge + 4.5 * k), (1.1 * s, edge + rng.uniform(6, 9.5) * k)], 0.9, _PERIORAL)
    return pen.lines
