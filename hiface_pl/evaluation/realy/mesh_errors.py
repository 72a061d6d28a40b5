"""What the protocol says about one prediction."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float64

from hiface_pl.evaluation.realy.regions import Region
from hiface_pl.meshes.triangle_mesh import TriangleMesh


@dataclass(frozen=True)
class RegionFit:
    """How one region came out: the prediction after rigid alignment, the deformed region, and the distance of each of its vertices.

    `aligned` are the prediction's vertices, `scan` the merged region before and `deformed` its vertices after the non-rigid step, all in
    the scan's unit. `distances` are millimetres and belong to the vertices of `scan`.
    """

    aligned: Float64[np.ndarray, "v 3"]
    scan: TriangleMesh
    deformed: Float64[np.ndarray, "n 3"]
    distances: Float64[np.ndarray, " n"]


@dataclass(frozen=True)
class MeshErrors:
    """The mean distance of each region in mm (REALY: NMSE), what `strict` mode did differently, and the seconds of each step.

    `fits` are kept on request only: they are large.
    """

    errors: Mapping[Region, float]
    deviations: tuple[str, ...] = ()
    seconds: Mapping[str, float] = field(default_factory=dict)
    fits: Mapping[Region, RegionFit] | None = None

    @property
    def all(self) -> float:
        """Mean of the four regions."""
        return sum(self.errors[region] for region in Region) / len(Region)
