"""The table's numbers over many meshes: mean, median and spread a region. Frontal and side views are summarised apart."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from hiface_pl.errors import EvaluationError
from hiface_pl.evaluation.realy.mesh_errors import MeshErrors
from hiface_pl.evaluation.realy.regions import Region


@dataclass(frozen=True)
class Summary:
    """Per region in mm: mean, median and sample standard deviation (NaN for one mesh), over `count` meshes."""

    count: int
    mean: Mapping[Region, float]
    median: Mapping[Region, float]
    std: Mapping[Region, float]

    @property
    def all(self) -> float:
        """Mean of the four regions' means. Paper: it has no standard deviation."""
        return sum(self.mean[region] for region in Region) / len(Region)


def summarise(meshes: Sequence[MeshErrors]) -> Summary:
    """Over meshes, not over subjects. Raises EvaluationError where there is none."""
    if not meshes:
        raise EvaluationError("there is no mesh to average over: none of the predictions could be measured")
    errors = {region: np.array([mesh.errors[region] for mesh in meshes]) for region in Region}
    spread = {region: float(values.std(ddof=1)) if len(values) > 1 else float("nan") for region, values in errors.items()}
    mean = {region: float(values.mean()) for region, values in errors.items()}
    return Summary(len(meshes), mean, {region: float(np.median(values)) for region, values in errors.items()}, spread)
