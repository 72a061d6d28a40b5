"""Pictures in rows with a caption under each: contact sheets."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import UInt8
from PIL import Image, ImageDraw, ImageFont

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
