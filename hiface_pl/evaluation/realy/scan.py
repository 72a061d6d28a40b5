"""One subject's ground truth."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64

from hiface_pl.evaluation.realy.regions import Region
from hiface_pl.meshes.triangle_mesh import TriangleMesh


@dataclass(frozen=True)
class Scan:
    """A subject's four region meshes as their files have them, 85 keypoints, all in the scan's unit, and the millimetres of one unit.

    The frame is never changed: the non-rigid step depends on the origin and the axes of the ground truth.
    """

    subject: int
    keypoints: Float64[np.ndarray, "85 3"]
    regions: Mapping[Region, TriangleMesh]
    millimetres: float
