"""A sheet of heat maps: the best, the middle and the worst meshes of an evaluation."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from hiface_pl.evaluation.realy.heat_maps import FULL, PICTURE, TILE
from hiface_pl.evaluation.realy.measurement import Measured
from hiface_pl.evaluation.realy.mesh_errors import MeshErrors
from hiface_pl.evaluation.realy.regions import Region
from hiface_pl.paths import replacing
from hiface_pl.report.tiles import Tile, contact_sheet

EACH = 3
"""So many of the best, of the middle and of the worst."""


def write_heat_sheet(rows: Sequence[Measured], heat_maps: Path, path: Path, title: str) -> None:
    """Writes a PNG with a row of four regions a mesh, sorted by its `all`; `heat_maps` holds a folder a mesh. Raises OutputError."""
    measured = sorted(((row.result.all, row.name, row.result) for row in rows if row.result is not None), key=lambda row: row[:2])
    tiles = [_tiles(name, result, heat_maps / name / PICTURE) for _, name, result in (measured[place] for place in _chosen(len(measured)))]
    page = contact_sheet(tiles, f"{title}: mm; dark red: {FULL} units")
    with replacing(path) as temporary:
        Image.fromarray(page).save(temporary)


def _chosen(count: int) -> list[int]:
    middle = max(0, count // 2 - EACH // 2)
    return sorted({*range(min(EACH, count)), *range(middle, min(middle + EACH, count)), *range(max(0, count - EACH), count)})


def _tiles(name: str, result: MeshErrors, picture: Path) -> list[Tile]:
    with Image.open(picture) as opened:
        pixels = np.asarray(opened.convert("RGB"))
    parts = [pixels[:, k * TILE : (k + 1) * TILE] for k in range(len(Region))]
    return [Tile(f"{name} {region} {result.errors[region]:.2f} mm", part) for region, part in zip(Region, parts, strict=True)]
