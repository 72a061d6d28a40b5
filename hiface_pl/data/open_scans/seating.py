"""The random numbers of a scan set: how each subject sits before the scanner and the camera, one seating a picture and one for the scan."""

import numpy as np

from hiface_pl.data.open_scans.layout import SIDE_YAWS, Kind, picture_places
from hiface_pl.data.open_scans.truth import ScanFrame
from hiface_pl.synthesis.placement import Turn
from hiface_pl.synthesis.randomness import Grouping, Streams

SPLIT = "open-scans"
"""The set's own part of the seed space: its people, ages and wrinkles are those of no training, validation or test sample."""
PICTURES = len(picture_places(1))
UNIT, UNIT_SPREAD, UNIT_RANGE = 8.95, 0.7, (6.5, 10.2)
"""Millimetres of a scan's unit: mean, spread and limits, about as REALY's metrical_scale.txt has them."""
TILT, OFFSET = 2.5, 0.5
"""Spread of the scan frame's turns (degrees) and of its origin (units): no scan stands exactly like a model. Our choice."""
NOD, LEAN, TURN = 4.0, 2.0, 12.0
"""Spread of pitch and roll in all pictures, and of yaw in those with an expression, degrees. Our choice."""
LIMIT = 2.5
"""Largest turns, in spreads."""


def seating(seed: int, subject: int, which: int) -> Streams:
    """Streams of picture `which` of a subject, or of its scan (PICTURES). Those of the person itself are the same in all of them."""
    views = PICTURES + 1
    return Streams.of(SPLIT, seed, (subject - 1) * views + which, Grouping(views))


def draw_frame(seed: int, subject: int) -> ScanFrame:
    """Where the scan of a subject stands. The unit is rounded as it is written."""
    rng = seating(seed, subject, PICTURES).pose
    millimetres = round(float(np.clip(rng.normal(UNIT, UNIT_SPREAD), *UNIT_RANGE)), 6)
    return ScanFrame(_turn(rng, 0.0, (TILT, TILT, TILT)).matrix, rng.normal(0, OFFSET, 3), millimetres)


def draw_head_turn(rng: np.random.Generator, kind: Kind, which: int) -> Turn:
    """The head's rotation in picture `which`: the yaw of a frontal or side view is exact, in other pictures about frontal."""
    yaw = {"frontal": 0.0, "side": SIDE_YAWS[(which - 1) % len(SIDE_YAWS)], "expression": 0.0}[kind]
    return _turn(rng, yaw, (TURN if kind == "expression" else 0.0, NOD, LEAN))


def _turn(rng: np.random.Generator, yaw: float, spreads: tuple[float, float, float]) -> Turn:
    """A rotation about a yaw, all in degrees."""
    jitter = np.clip(rng.normal(size=3), -LIMIT, LIMIT) * spreads
    return Turn(*np.deg2rad([yaw + jitter[0], jitter[1], jitter[2]]).tolist())
