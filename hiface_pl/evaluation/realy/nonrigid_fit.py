"""Step 3: the scan's region is deformed onto the prediction by non-rigid ICP with an affine map a vertex (after Amberg et al., 2007)."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float64
from scipy.spatial import cKDTree

from hiface_pl.errors import EvaluationError
from hiface_pl.evaluation.realy.deviations import Deviations
from hiface_pl.evaluation.realy.handles import Handles
from hiface_pl.evaluation.realy.nonrigid_levels import Level
from hiface_pl.evaluation.realy.nonrigid_system import AffineSystem, SingularSystem
from hiface_pl.evaluation.realy.regions import Region
from hiface_pl.evaluation.realy.rounding import to_single

DAMPING = 1e-8
"""Of the squared stiffness, where `strict` mode meets a singular system. Our choice."""
_LONGEST = 500
"""A fit without keypoints has no cap of solves: one that takes so many goes back and forth."""


class NonrigidFit:
    """The deformation of one region: its state between solves. Points and distances are in the scan's unit."""

    def __init__(
        self,
        region: Region,
        vertices: Float64[np.ndarray, "n 3"],
        system: AffineSystem,
        cloud: Float64[np.ndarray, "n 3"],
        handles: Handles,
        deviations: Deviations,
    ) -> None:
        """`cloud` are the points of the prediction that are nearest to the region before it is deformed: the only targets later on."""
        self.vertices = vertices
        self._region, self._system, self._handles, self._deviations = region, system, handles, deviations
        self._cloud, self._tree = cloud, cKDTree(cloud)
        self._maps = np.ones((len(vertices), 4, 3))
        self._change = float(np.linalg.norm(self._maps))
        self._solves = 0

    def run(self, levels: Sequence[Level]) -> Float64[np.ndarray, "n 3"]:
        """The deformed vertices.

        Paper: the first change is that of maps of ones against zeros, and the last change of a level is carried to the next, which does
        no solve where that is small enough already. Each solve starts from the vertices as they are, so that changes add up. Raises
        EvaluationError where the system is singular in `official` mode, and where the fit does not settle.
        """
        for level in levels:
            done = 0
            while self._change > level.settled and (level.most is None or done < level.most):
                self._step(level)
                done += 1
                if done > _LONGEST:
                    raise EvaluationError(f"the non-rigid fit of the {self._region} goes back and forth and never settles: check the mesh")
        return self.vertices

    def _step(self, level: Level) -> None:
        weights, pulls = self._surface_terms() if level.surface else (np.zeros(len(self.vertices)), np.zeros_like(self.vertices))
        strength = level.handle_weight(self._solves) ** 2
        weights[self._handles.vertices] += strength
        pulls[self._handles.vertices] += strength * self._handles.targets
        places = np.concatenate([to_single(self.vertices), np.ones((len(self.vertices), 1))], axis=1)
        maps = self._solved(level, places, weights, pulls)
        self._change = float(np.linalg.norm(maps - self._maps))
        self._maps, self.vertices = maps, np.einsum("ni,nic->nc", places, maps)
        self._solves += 1

    def _surface_terms(self) -> tuple[Float64[np.ndarray, " n"], Float64[np.ndarray, "n 3"]]:
        """Weight 1 where the nearest point of the cloud is closer than twice the mean distance or one unit, else 0; weight times point."""
        distances, nearest = self._tree.query(self.vertices)
        single = np.asarray(distances, dtype=np.float32)
        weights = (single < max(2 * single.mean(), np.float32(1))).astype(np.float64)
        return weights, weights[:, None] * self._cloud[nearest]

    def _solved(
        self, level: Level, places: Float64[np.ndarray, "n 4"], weights: Float64[np.ndarray, " n"], pulls: Float64[np.ndarray, "n 3"]
    ) -> Float64[np.ndarray, "n 4 3"]:
        axes = np.array(level.axes)
        try:
            return self._system.solve(level.stiffness, axes, places, weights, pulls)
        except SingularSystem:
            if not self._deviations.allowed:
                raise EvaluationError(
                    f"the non-rigid fit of the {self._region} has no unique solution, because a piece of it hangs on too few points: "
                    "merge the scan's vertices, remove loose pieces, or use the strict mode"
                ) from None
        self._deviations.note(f"{self._region}: the non-rigid system is singular, loose pieces were damped towards their own place")
        return self._system.solve(level.stiffness, axes, places, weights, pulls, DAMPING)
