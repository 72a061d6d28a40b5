"""Whether a subject's ground truth is what it should be: regions that hold a surface, all files in one unit, millimetres that fit."""

import numpy as np
from jaxtyping import Float64

from hiface_pl.errors import EvaluationError
from hiface_pl.evaluation.realy.prediction_check import OUTER_EYE_CORNERS
from hiface_pl.evaluation.realy.regions import Region
from hiface_pl.evaluation.realy.scan import Scan
from hiface_pl.meshes.triangle_mesh import TriangleMesh

EYES = 90.0
"""Millimetres between the outer corners of the eyes of an adult."""
RADII = {Region.NOSE: 0.25, Region.MOUTH: 0.3, Region.FOREHEAD: 0.55, Region.CHEEK: 0.65}
"""How far a region's vertices lie from their middle, root mean square, in distances of the outer eye corners, as in open scans."""
TIMES = 3.1
"""What is so many times too large or too small is in another unit: a little less than the root of 10."""
ADVICE = "take the file that came with the scans"


def check_scan(scan: Scan) -> None:
    """Raises EvaluationError, which names the file, for an empty region or one in another unit than the keypoints or the scale."""
    first, second = OUTER_EYE_CORNERS
    eyes = float(np.linalg.norm(scan.keypoints[first] - scan.keypoints[second]))
    if not _fits(eyes * scan.millimetres, EYES):
        raise EvaluationError(
            f"the eye corners of subject {scan.subject} are {eyes * scan.millimetres:.3g} mm apart by its keypoints and its line of "
            f"metrical_scale.txt ({scan.millimetres:.4g} mm a unit): one of the two is in another unit, {ADVICE}"
        )
    for region in Region:
        _check_region(scan.regions[region], f"REALY_scan_region/{scan.subject}/{region}.obj", eyes * RADII[region])


def _check_region(mesh: TriangleMesh, name: str, radius: float) -> None:
    if not len(mesh.vertices) or not len(mesh.triangles):
        raise EvaluationError(f"{name} is empty ({len(mesh.vertices)} vertices, {len(mesh.triangles)} faces): {ADVICE}")
    if not np.isfinite(mesh.vertices).all():
        raise EvaluationError(f"{name} has vertices that are no numbers: {ADVICE}")
    found = _radius(mesh.vertices)
    if not _fits(found, radius):
        raise EvaluationError(f"{name} is {found / radius:.2g} times as large as its keypoints say: it is in another unit, {ADVICE}")


def _radius(points: Float64[np.ndarray, "n 3"]) -> float:
    return float(np.sqrt(((points - points.mean(axis=0)) ** 2).sum(axis=1).mean()))


def _fits(found: float, wanted: float) -> bool:
    return wanted / TIMES < found < wanted * TIMES
