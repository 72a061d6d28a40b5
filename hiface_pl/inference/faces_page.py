"""Contact sheets over many faces: each as photo, overlay and detailed mesh."""

from itertools import chain
from pathlib import Path

import cv2
import numpy as np

from hiface_pl.report.tiles import Tile, write_contact_sheet

SIDE = 200
ACROSS, DOWN = 2, 10
LONGEST = 18
"""Letters of a caption."""


class FacesPage:
    """Writes faces.png, and faces-2.png and so on beyond 20 faces, as faces come; at most a page is kept in memory."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.written: list[Path] = []
        self._tiles: list[list[Tile]] = []

    def add(self, name: str, seen: list[Tile]) -> None:
        """Takes a face: the first row of its own sheet, without its last tile where that shows the tension. Raises OutputError."""
        detailed = [tile for tile in seen if not tile.caption.startswith("tension")][-1]
        shown = zip((name[:LONGEST], "overlay", "mesh"), (seen[0], seen[1], detailed), strict=True)
        self._tiles.append([Tile(caption, _small(tile.pixels)) for caption, tile in shown])
        if len(self._tiles) == ACROSS * DOWN:
            self.finish()

    def finish(self) -> None:
        """Writes what is not on a page yet; a single face is no page. Raises OutputError."""
        if not self._tiles or (not self.written and len(self._tiles) == 1):
            return
        number = len(self.written) + 1
        path = self.folder / ("faces.png" if number == 1 else f"faces-{number}.png")
        rows = [list(chain(*self._tiles[start : start + ACROSS])) for start in range(0, len(self._tiles), ACROSS)]
        write_contact_sheet(rows, f"faces, page {number}", path)
        self.written.append(path)
        self._tiles.clear()


def _small(pixels: np.ndarray) -> np.ndarray:
    return np.asarray(cv2.resize(pixels, (SIDE, SIDE), interpolation=cv2.INTER_AREA), dtype=np.uint8)
