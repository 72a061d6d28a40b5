"""Keypoint handles of the non-rigid step: vertices of a region that have to reach keypoints of the prediction."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64, Int64
from scipy.spatial import cKDTree

from hiface_pl.evaluation.realy.deviations import Deviations
from hiface_pl.evaluation.realy.keypoint_sets import NONRIGID
from hiface_pl.evaluation.realy.regions import Region

FARTHEST = 5.0
"""Millimetres between a keypoint of the scan and its nearest vertex, above which `strict` mode leaves the keypoint out. Our choice."""


@dataclass(frozen=True)
class Handles:
    """Distinct vertices of a merged region, and where each has to go."""

    vertices: Int64[np.ndarray, " k"]
    targets: Float64[np.ndarray, "k 3"]


def handles_of(
    region: Region,
    vertices: Float64[np.ndarray, "n 3"],
    keypoints: Float64[np.ndarray, "85 3"],
    predicted: Float64[np.ndarray, "85 3"],
    millimetres: float,
    deviations: Deviations,
) -> Handles:
    """The region's vertex nearest to each keypoint of the scan is drawn to that keypoint of the prediction.

    Paper: of two keypoints with one nearest vertex, the later one in the list draws it. Where the region lacks the place of a keypoint,
    such as an eye, a far vertex of its border is dragged there; `strict` mode leaves such keypoints out.
    """
    chosen = np.array(NONRIGID[region], dtype=np.int64)
    distances, nearest = (np.asarray(found) for found in cKDTree(vertices).query(keypoints[chosen]))
    far = distances * millimetres > FARTHEST
    if deviations.allowed and far.any():
        names = ", ".join(str(number) for number in chosen[far])
        deviations.note(f"{region}: keypoints farther than {FARTHEST:g} mm from the region were left out: {names}")
        chosen, nearest = chosen[~far], nearest[~far]
    last = {int(vertex): int(number) for vertex, number in zip(nearest, chosen, strict=True)}
    return Handles(np.array(list(last), dtype=np.int64), predicted[np.array(list(last.values()), dtype=np.int64)])
