"""What a landmark fit leaves on disk: its two errors as JSON, and a picture of points before and after."""

import json
from pathlib import Path

import cv2
import numpy as np
from jaxtyping import Float64, UInt8

from hiface_pl.inference.refiner import FittedLandmarks
from hiface_pl.paths import replacing
from hiface_pl.report.tiles import Tile, write_contact_sheet

SEEN, OURS = (60, 220, 60), (255, 60, 40)
FINE = 4
"""Bits of the fractions of a pixel that dots are placed with."""


def write_fitted_landmarks(fitted: FittedLandmarks, view: UInt8[np.ndarray, "s s 3"], folder: Path) -> list[Path]:
    """Writes landmark_fit.json and landmark_fit.png over a picture of the crop. Raises OutputError."""
    numbers, picture = folder / "landmark_fit.json", folder / "landmark_fit.png"
    record = {
        "units": "mean distance of 468 points, percent of the distance of the outer eye corners in the photo; points in crop widths",
        "error_before": round(fitted.error_before, 3),
        "error_after": round(fitted.error_after, 3),
        "landmarks": np.round(fitted.seen, 5).tolist(),
        "model_points": np.round(fitted.after, 5).tolist(),
    }
    with replacing(numbers) as temporary:
        temporary.write_text(json.dumps(record) + "\n")
    tiles = [
        Tile(f"network: {fitted.error_before:.1f} %", dotted(view, fitted.seen, fitted.before)),
        Tile(f"fitted: {fitted.error_after:.1f} %", dotted(view, fitted.seen, fitted.after)),
    ]
    write_contact_sheet([tiles], "landmarks: green in the photo, red on the face", picture)
    return [numbers, picture]


def dotted(
    view: UInt8[np.ndarray, "s s 3"], seen: Float64[np.ndarray, "n 2"], ours: Float64[np.ndarray, "n 2"]
) -> UInt8[np.ndarray, "s2 s2 3"]:
    """A picture of the crop twice as large, with a line from each landmark to the model's point."""
    canvas = np.asarray(cv2.resize(view, None, fx=2, fy=2, interpolation=cv2.INTER_LINEAR))
    places = [np.rint((points * len(canvas) - 0.5) * 2**FINE).astype(int).tolist() for points in (seen, ours)]
    for start, end in zip(*places, strict=True):
        cv2.line(canvas, start, end, OURS, 1, cv2.LINE_AA, FINE)
        cv2.circle(canvas, start, 2**FINE, SEEN, cv2.FILLED, cv2.LINE_AA, FINE)
        cv2.circle(canvas, end, 2**FINE, OURS, cv2.FILLED, cv2.LINE_AA, FINE)
    return np.asarray(canvas, dtype=np.uint8)
