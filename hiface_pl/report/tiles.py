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
PAPER = (255, 255, 255)
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
    sheet = Image.new("RGB", (width, TITLE + len(rows) * (side + CAPTION + MARGIN)), PAPER)
    pen = ImageDraw.Draw(sheet)
    pen.text((MARGIN, MARGIN), title, INK, font=ImageFont.load_default(26))
    font = ImageFont.load_default(21)
    for r, row in enumerate(rows):
        for c, tile in enumerate(row):
            x, y = MARGIN + c * (side + MARGIN), TITLE + r * (side + CAPTION + MARGIN)
            sheet.paste(Image.fromarray(tile.pixels), (x, y))
            pen.text((x + side / 2, y + side + 5), tile.caption, INK, font=font, anchor="ma")
    return np.array(sheet)


def write_contact_sheet(rows: Sequence[Sequence[Tile]], title: str, path: Path) -> None:
    """The contact sheet as PNG. Raises OutputError.

    One filter for all rows: choosing one a row, as encoders do, takes twice the time and saves nothing on pictures of clay.
    """
    page = cv2.cvtColor(contact_sheet(rows, title), cv2.COLOR_RGB2BGR)
    settings = (cv2.IMWRITE_PNG_COMPRESSION, 1, cv2.IMWRITE_PNG_FILTER, cv2.IMWRITE_PNG_FILTER_SUB)
    with replacing(path) as temporary:
        temporary.write_bytes(cv2.imencode(".png", page, settings)[1].tobytes())
