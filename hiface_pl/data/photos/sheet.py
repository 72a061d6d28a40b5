"""A picture of a store of photos: faces with their points and skin, to see at a glance whether they can be learned from."""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from jaxtyping import UInt8
from PIL import Image

from hiface_pl.data.age import AGE_BINS
from hiface_pl.data.photos.photo_record import PhotoFace
from hiface_pl.paths import replacing
from hiface_pl.report.tiles import Tile, contact_sheet

SHOWN = 48
"""Faces on a sheet."""
COLUMNS = 8
SIDE = 224
FINE = 4
"""Points are drawn at so many times the size, so that they stay small."""


def spread_over(count: int) -> list[int]:
    """Which samples of a store of `count` are shown: evenly spread."""
    shown = min(count, SHOWN)
    return [n * count // shown for n in range(shown)]


def write_sheet(faces: Sequence[PhotoFace], path: Path, title: str) -> None:
    """Writes the faces as PNG; nothing where there are none. Raises OutputError."""
    tiles = [Tile(_caption(face), overlay(face)) for face in faces]
    if not tiles:
        return
    page = contact_sheet([tiles[start : start + COLUMNS] for start in range(0, len(tiles), COLUMNS)], title)
    with replacing(path) as temporary:
        Image.fromarray(page).save(temporary, compress_level=4)


def overlay(face: PhotoFace) -> UInt8[np.ndarray, "224 224 3"]:
    """The crop, darker where it is no skin; points are green where they are certain and red where they are not."""
    shown = np.where(face.skin[..., None], face.image, face.image // 2)
    large = cv2.resize(shown, (FINE * SIDE, FINE * SIDE), interpolation=cv2.INTER_LINEAR)
    for (x, y), sure in zip(face.landmarks * FINE * SIDE, np.clip(face.certainty, 0, 1), strict=True):
        colour = (round(255 * float(1 - sure)), round(230 * float(sure)), 60)
        cv2.circle(large, (round(float(x)), round(float(y))), 4, colour, -1, cv2.LINE_AA)
    return np.asarray(cv2.resize(large, (SIDE, SIDE), interpolation=cv2.INTER_AREA), dtype=np.uint8)


def _caption(face: PhotoFace) -> str:
    years = float(face.age @ np.arange(AGE_BINS))
    return f"age {years:.0f}, sharp {face.sharpness:.2f}"
