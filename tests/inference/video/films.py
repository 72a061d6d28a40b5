"""Small videos for tests."""

import struct
from fractions import Fraction
from pathlib import Path

import numpy as np

from hiface_pl.inference.video.writer import VideoWriter

WIDE, HIGH = 96, 64


def write_film(path: Path, greys: list[int], times: list[float] | None = None) -> Path:
    """Plain grey frames with a white corner at the left top, by default 25 a second."""
    with VideoWriter(path, WIDE, HIGH, Fraction(25)) as film:
        for number, grey in enumerate(greys):
            picture = np.full((HIGH, WIDE, 3), grey, np.uint8)
            picture[:16, :16] = 255
            film.add(picture, times[number] if times else number / 25)
    return path


def turned(path: Path) -> Path:
    """The same film with the flag that tells players to turn it clockwise by a quarter."""
    content = path.read_bytes()
    start = content.find(b"tkhd") + 44
    matrix = struct.pack(">9i", 0, 65536, 0, -65536, 0, 0, HIGH << 16, 0, 1 << 30)
    path.write_bytes(content[:start] + matrix + content[start + 36 :])
    return path
