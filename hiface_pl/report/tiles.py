"""Pictures in rows with a caption under each: contact sheets."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from jaxtyping import UInt8
from PIL import Image, ImageDraw, ImageFont

from hiface_pl.paths import replacing

MARGIN = 14
CAPTION = 34
TITLE = 52
PAPER = 255
INK = (30, 30, 34)


@dataclass(frozen=True)
class Tile:
    """A square picture and what it shows."""

    caption: str
    pixels: UInt8[np.ndarray, "s s 3"]


def contact_sheet(rows: Sequence[Sequence[Tile]], title: str) -> UInt8[np.ndarray, "h w 3"]:
    """All tiles on white paper, captions below. Tiles have one size; rows may differ in length."""
    side = len(rows[0][0].pixels)
    width = MARGIN + max(len(row) for row in rows) * (side + MARGIN)
    step = side + CAPTION + MARGIN
    sheet = np.full((TITLE + len(rows) * step, width, 3), PAPER, dtype=np.uint8)
    sheet[:TITLE] = _written([(title, float(MARGIN))], (width, TITLE), 26, MARGIN, "la")
    for r, row in enumerate(rows):
        top = TITLE + r * step
        places = [MARGIN + c * (side + MARGIN) for c in range(len(row))]
        for tile, x in zip(row, places, strict=True):
            sheet[top : top + side, x : x + side] = tile.pixels
        captions = [(tile.caption, x + side / 2) for tile, x in zip(row, places, strict=True)]
        sheet[top + side : top + side + CAPTION] = _written(captions, (width, CAPTION), 21, 5, "ma")
    return sheet


def _written(texts: list[tuple[str, float]], size: tuple[int, int], letters: int, top: int, anchor: str) -> UInt8[np.ndarray, "h w 3"]:
    """A strip of paper with texts at their places: only what letters cover goes through the drawing library."""
    strip = Image.new("RGB", size, (PAPER, PAPER, PAPER))
    pen, font = ImageDraw.Draw(strip), ImageFont.load_default(letters)
    for text, x in texts:
        pen.text((x, top), text, INK, font=font, anchor=anchor)
    return np.asarray(strip)


def write_contact_sheet(rows: Sequence[Sequence[Tile]], title: str, path: Path) -> None:
    """The contact sheet as PNG. Raises OutputError.

    One filter for all rows: choosing one a row, as encoders do, takes twice the time and saves nothing on pictures of clay.
    """
    page = cv2.cvtColor(contact_sheet(rows, title), cv2.COLOR_RGB2BGR)
    settings = (cv2.IMWRITE_PNG_COMPRESSION, 1, cv2.IMWRITE_PNG_FILTER, cv2.IMWRITE_PNG_FILTER_SUB)
    with replacing(path) as temporary:
        temporary.write_bytes(cv2.imencode(".png", page, settings)[1].tobytes())
