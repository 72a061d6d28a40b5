"""Step 2: rigid ICP of the whole prediction to one region of the scan, at the scale that step 1 left."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32, Float64

from hiface_pl.errors import EvaluationError
from hiface_pl.evaluation.realy.deviations import Deviations
from hiface_pl.evaluation.realy.keypoint_sets import RIGID
from hiface_pl.evaluation.realy.point_fit import fitted_rotation
from hiface_pl.evaluation.realy.regions import Region
from hiface_pl.evaluation.realy.rounding import to_single
from hiface_pl.meshes.closest import SurfaceTree

MOST_STEPS = 100
CONVERGED = 1e-6
"""Change of the mean squared residual, in squared units of the scan, below which the fit has converged."""


@dataclass(frozen=True)
class RigidTarget:
    """What a prediction is aligned to: all vertices of a region as its file has them, and the scan's 85 keypoints."""

    region: Region
    vertices: Float64[np.ndarray, "n 3"]
    keypoints: Float64[np.ndarray, "85 3"]

    @property
    def repeats(self) -> int:
        """How often each keypoint pair counts: as much as all vertices together, in the cheek a quarter of that, rounded down.

        Raises EvaluationError where that is never.
        """
        count = len(self.vertices) // len(RIGID[self.region]) // (4 if self.region is Region.CHEEK else 1)
        if count == 0:
            raise EvaluationError(
                f"the {self.region} of the scan has only {len(self.vertices)} vertices, too few beside its "
                f"{len(RIGID[self.region])} keypoints: give it a region of some hundreds of vertices at least"
            )
        return count


def rigid_fit(
    vertices: Float64[np.ndarray, "v 3"],
    keypoints: Float64[np.ndarray, "85 3"],
    tree: SurfaceTree,
    target: RigidTarget,
    deviations: Deviations,
) -> Float64[np.ndarray, "v 3"]:
    """The vertices of the prediction, moved to the region.

    `vertices` and `keypoints` are the prediction's after step 1, `tree` its surface with all triangles. Paper: pairs are each region
    vertex with the nearest point of the prediction, and the keypoints; they are fitted and searched again until the mean squared
    residual after the fit changes by less than `CONVERGED` or `MOST_STEPS` fits were applied. The last fit is not applied.
    Positions are rounded to single precision as in the public evaluator, on which the number of steps can depend.
    """
    chosen, near = list(RIGID[target.region]), None
    goal = np.concatenate([target.vertices, np.tile(target.keypoints[chosen], (target.repeats, 1))]).astype(np.float32)
    moving, before = keypoints[chosen], np.float32(0)
    for step in range(MOST_STEPS + 1):
        found = tree.closest(target.vertices, near)
        near = found.triangles
        pairs = np.concatenate([found.places, np.tile(moving, (target.repeats, 1))])
        rotation = fitted_rotation(pairs, goal, f"rigid fit of the {target.region}", deviations)
        offset = (goal.T - rotation @ pairs.T).mean(axis=1)
        residual = _mean_square(pairs @ rotation.T + offset, goal)
        if abs(residual - before) < CONVERGED or step == MOST_STEPS:
            break
        before = residual
        vertices, moving = to_single(vertices @ rotation.T + offset), to_single(moving @ rotation.T + offset)
        tree = tree.turned(vertices)
    return vertices


def _mean_square(points: Float64[np.ndarray, "n 3"], goal: Float32[np.ndarray, "n 3"]) -> np.float32:
    """In single precision, so that both evaluators stop at the same step."""
    return np.float32(((points.astype(np.float32) - goal) ** 2).sum(axis=1).mean())
