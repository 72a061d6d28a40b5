"""Error heat maps: each scan region as a mesh that is coloured by the distance at its vertices, and a picture of the four."""

from collections.abc import Mapping
from pathlib import Path

import cv2
import numpy as np
from jaxtyping import Float64
from PIL import Image

from hiface_pl.evaluation.realy.heat_pictures import face_axes, region_picture
from hiface_pl.evaluation.realy.mesh_errors import RegionFit
from hiface_pl.evaluation.realy.regions import Region
from hiface_pl.evaluation.realy.scan import Scan
from hiface_pl.meshes.write_obj import write_obj
from hiface_pl.paths import replacing

FULL = 0.5
"""Distance, in the scan's unit (about 9 mm), that has the last colour. Paper (REALY): 0 to half a unit."""
PICTURE, TILE = "regions.png", 220


def heat_colours(distances: Float64[np.ndarray, " n"]) -> Float64[np.ndarray, "n 3"]:
    """RGB in [0, 1] from blue (0) over green and yellow to dark red (FULL and more): the map that is called jet."""
    scale = cv2.applyColorMap(np.arange(256, dtype=np.uint8), cv2.COLORMAP_JET).reshape(256, 3)[:, ::-1] / 255.0
    return scale[(np.clip(distances / FULL, 0, 1) * 255).astype(np.int64)]


def write_heat_maps(fits: Mapping[Region, RegionFit], scan: Scan, folder: Path) -> None:
    """Writes error_REGION.obj, the scan's regions in their own frame and unit, and regions.png, the four as tiles. Raises OutputError."""
    axes, tiles = face_axes(scan.keypoints), []
    for region in Region:
        fit = fits[region]
        colours = heat_colours(fit.distances / scan.millimetres)
        write_obj(fit.scan, folder / f"error_{region}.obj", colours)
        tiles.append(region_picture(fit.scan, colours, axes, TILE))
    with replacing(folder / PICTURE) as temporary:
        Image.fromarray(np.concatenate(tiles, axis=1)).save(temporary)


def has_heat_maps(folder: Path) -> bool:
    """Whether they are all there: the picture is written last."""
    return (folder / PICTURE).is_file()
