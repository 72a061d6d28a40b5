"""Step 1: the similarity that brings the whole prediction to the scan by seven keypoints. After it no absolute size is left to measure."""

import numpy as np
from jaxtyping import Float64

from hiface_pl.evaluation.realy.deviations import Deviations
from hiface_pl.evaluation.realy.keypoint_sets import GLOBAL
from hiface_pl.evaluation.realy.point_fit import fitted_rotation
from hiface_pl.evaluation.realy.template import Template


def global_fit(
    vertices: Float64[np.ndarray, "v 3"], template: Template, keypoints: Float64[np.ndarray, "85 3"], deviations: Deviations
) -> Float64[np.ndarray, "v 3"]:
    """The prediction in the scan's frame and unit.

    Paper: one closed-form fit. The scale is sum |t| / sum |R s| over all coordinates of the centred points, a ratio of L1 norms and not
    the least-squares scale. Sums over the scan's points are of single precision, as in the public evaluator.
    """
    target = keypoints[list(GLOBAL)].astype(np.float32)
    source = template.keypoints(vertices)[list(GLOBAL)]
    rotation = fitted_rotation(source, target, "global fit", deviations)
    spread = np.abs(rotation @ (source - source.mean(axis=0)).T).sum()
    scale = np.abs(target - target.mean(axis=0)).sum() / spread
    return scale * vertices @ rotation.T + (target.T - scale * (rotation @ source.T)).mean(axis=1)
