"""The 17 cheek and jaw points that REALY adds to the 68 landmarks, placed on any face model by one rule."""

import numpy as np
from jaxtyping import Float, Float64

from hiface_pl.face_models.mirror import MIRROR_85

_RIGHT = {
    68: {40: 0.5, 41: 0.5, 33: 0.38, 27: -0.38},
    70: {31: 1.75, 33: -0.75, 27: 0.12, 30: -0.12},
    72: {48: 0.55, 4: 0.45},
    74: {1: 0.55, 36: 0.45},
    76: {36: 0.45, 2: 0.30, 31: 0.25},
    78: {59: 0.40, 6: 0.30, 7: 0.30},
    79: {57: 0.45, 8: 0.55},
    81: {2: 0.62, 48: 0.38},
    83: {3: 0.70, 48: 0.30},
}
"""Weighted sums of the 68 landmarks for the points of the right side and the chin's middle; the left side mirrors them.

68 below the eye, 70 beside the nose, 72 lower cheek, 74 face side at eye level, 76 cheekbone, 78 and 79 chin, 81 and 83 face side at the
height of cheek and mouth. Paper (REALY): only 70, 71, 76 and 77 of them enter its score. Our choice: the weights, since REALY publishes the
points for its own templates only.
"""


def extra_places(places68: Float[np.ndarray, "68 3"]) -> Float64[np.ndarray, "17 3"]:
    """Points 68 to 84 near the surface, from the 68 landmarks of a face (any units); project them onto the skin afterwards."""
    weights = np.zeros((85, 68))
    for point, parts in _RIGHT.items():
        for landmark, weight in parts.items():
            weights[point, landmark] += weight
            weights[MIRROR_85[point], MIRROR_85[landmark]] += weight if MIRROR_85[point] != point else 0.0
    return weights[68:] @ np.asarray(places68, dtype=np.float64)
