"""The rotation between two sets of paired points, which the global and the rigid step share."""

import numpy as np
from jaxtyping import Float, Float64

from hiface_pl.evaluation.realy.deviations import Deviations


def fitted_rotation(
    source: Float64[np.ndarray, "n 3"], target: Float[np.ndarray, "n 3"], step: str, deviations: Deviations
) -> Float64[np.ndarray, "3 3"]:
    """R that minimises sum |R s_i - t_i|^2 over centred pairs: U V^T of the singular values of sum t_i s_i^T.

    The target is centred in its own precision, single in both steps. As in the public evaluator nothing keeps R from being a reflection,
    which makes a mirrored prediction as good as a true one. Our choice in `strict` mode: the nearest rotation instead (Kabsch), noted
    under the name of the `step`.
    """
    left, _, right = np.linalg.svd((target - target.mean(axis=0)).T @ (source - source.mean(axis=0)))
    if deviations.allowed and np.linalg.det(left @ right) < 0:
        deviations.note(f"{step}: the best fit mirrors the prediction, the best rotation was taken instead")
        left[:, 2] *= -1
    return left @ right
