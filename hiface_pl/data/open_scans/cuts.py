"""Where a scan is cut into the four regions: signed distances in mm on the mean face, so that every person is cut at the same skin."""

import numpy as np
from jaxtyping import Float, Float32

from hiface_pl.evaluation.realy.regions import Region
from hiface_pl.face_models.chart import FaceChart, Number
from hiface_pl.face_models.face_model import FaceModel

BELOW_JAW = 3.0
BELOW_LIDS = 11.0
"""The border of forehead and cheek below the middle of the eyes. Our choice: both lids belong to the forehead, as its keypoints do."""
SIDE = 0.7
"""Half the scan's width as a share of the way to the ears. Our choice, as is the upper border: hair hides what lies beyond."""
BELOW_HAIR = 12.0

Cuts = dict[Region, Float32[np.ndarray, " v"]]


def region_cuts(model: FaceModel, chart: FaceChart) -> Cuts:
    """For every vertex its distance (mm along the face chart) from each region's border, positive inside. The regions do not overlap."""
    place = chart.unroll(model.mean)
    side, height = np.abs(place[:, 0]), place[:, 1]
    face = _inside(side - SIDE * chart.ear_s, height - (chart.hairline_y - BELOW_HAIR), _jaw(chart, side) - BELOW_JAW - height)
    nose = _inside(side - _nose_width(chart, height), chart.nose_base_y - 5 - height, height - chart.eye_y - 8)
    mouth = _inside(side - chart.mouth_half - 11, height - chart.nose_base_y + 5, chart.chin_y + 8 - height)
    below = chart.eye_y - BELOW_LIDS - height
    cuts = {
        Region.NOSE: nose,
        Region.MOUTH: mouth,
        Region.FOREHEAD: np.minimum.reduce([face, -below, -nose]),
        Region.CHEEK: np.minimum.reduce([face, below, -nose, -mouth]),
    }
    return {region: cut.astype(np.float32) for region, cut in cuts.items()}


def _inside(*outside: Float[np.ndarray, " v"]) -> Float[np.ndarray, " v"]:
    """Distance from the nearest of several borders, given the distances beyond each."""
    return -np.maximum.reduce(outside)


def _jaw(chart: FaceChart, side: Float[np.ndarray, " v"]) -> Float[np.ndarray, " v"]:
    """Height of the jaw line at a distance from the midline, both sides of the mean face taken together."""
    line = chart.landmarks[:17]
    order = np.argsort(np.abs(line[:, 0]), kind="stable")
    return np.interp(side, np.abs(line[order, 0]), line[order, 1])


def _nose_width(chart: FaceChart, height: Float[np.ndarray, " v"] | Number) -> Float[np.ndarray, " v"]:
    """Half the nose's width, with a margin for its wings, narrower towards the eyes."""
    return np.asarray((chart.nose_half + 8) * np.interp(height, [chart.nose_base_y, chart.eye_y], [1.0, 0.55]))
