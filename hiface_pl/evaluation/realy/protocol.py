"""The whole protocol for one mesh: global similarity, rigid fit and non-rigid fit of each region, mean distance in millimetres."""

import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
from jaxtyping import Float64

from hiface_pl.evaluation.realy.deviations import Deviations
from hiface_pl.evaluation.realy.global_fit import global_fit
from hiface_pl.evaluation.realy.handles import handles_of
from hiface_pl.evaluation.realy.merging import merged
from hiface_pl.evaluation.realy.mesh_errors import MeshErrors, RegionFit
from hiface_pl.evaluation.realy.mode import Mode
from hiface_pl.evaluation.realy.nonrigid_fit import NonrigidFit
from hiface_pl.evaluation.realy.nonrigid_levels import FREE, HANDLED
from hiface_pl.evaluation.realy.prepared_regions import prepared_system
from hiface_pl.evaluation.realy.regions import Region
from hiface_pl.evaluation.realy.rigid_fit import RigidTarget, rigid_fit
from hiface_pl.evaluation.realy.rounding import to_single
from hiface_pl.evaluation.realy.scan import Scan
from hiface_pl.evaluation.realy.template import Template
from hiface_pl.meshes.closest import SurfaceTree
from hiface_pl.meshes.triangle_mesh import TriangleMesh


def evaluate_mesh(
    vertices: Float64[np.ndarray, "v 3"], template: Template, scan: Scan, mode: Mode = Mode.OFFICIAL, keep_fits: bool = False
) -> MeshErrors:
    """Measures one prediction, in any pose and unit, against one subject's scan. Changes nothing that it is given.

    `vertices` are finite and in the order of `template`. Raises EvaluationError where a region cannot be measured: no faces, too few
    vertices, or a singular system in `official` mode.
    """
    return _Evaluation(template, scan, mode).run(to_single(vertices), keep_fits)


class _Evaluation:
    """One mesh on its way through the steps."""

    def __init__(self, template: Template, scan: Scan, mode: Mode) -> None:
        self._template, self._scan = template, scan
        self._keypoints = to_single(scan.keypoints)
        self._deviations = Deviations(mode)
        self._seconds: dict[str, float] = defaultdict(float)

    def run(self, vertices: Float64[np.ndarray, "v 3"], keep_fits: bool) -> MeshErrors:
        with self._timed("global"):
            vertices = global_fit(vertices, self._template, self._keypoints, self._deviations)
        with self._timed("rigid"):
            whole = SurfaceTree(TriangleMesh(vertices, self._template.triangles))
            mask, triangles = self._template.mask, self._template.triangles
            face = whole if mask is None else SurfaceTree(TriangleMesh(vertices, triangles[mask[triangles].all(axis=1)]))
        fits = {region: self._region(region, vertices, whole, face) for region in Region}
        errors = {region: float(fit.distances.mean()) for region, fit in fits.items()}
        return MeshErrors(errors, self._deviations.sentences, dict(self._seconds), fits if keep_fits else None)

    def _region(self, region: Region, vertices: Float64[np.ndarray, "v 3"], whole: SurfaceTree, face: SurfaceTree) -> RegionFit:
        file = self._scan.regions[region]
        raw = TriangleMesh(to_single(file.vertices), file.triangles)
        with self._timed("rigid"):
            target = RigidTarget(region, raw.vertices, self._keypoints)
            aligned = rigid_fit(vertices, self._template.keypoints(vertices), whole, target, self._deviations)
            face = face.turned(aligned)
        with self._timed("nonrigid"):
            mesh = merged(raw)
            deformed = self._deformed(region, mesh, aligned, face)
        with self._timed("distances"):
            reached = face.closest(deformed).places
            distances = np.linalg.norm(reached - mesh.vertices, axis=1) * self._scan.millimetres
        return RegionFit(aligned, mesh, deformed, distances)

    def _deformed(
        self, region: Region, mesh: TriangleMesh, aligned: Float64[np.ndarray, "v 3"], face: SurfaceTree
    ) -> Float64[np.ndarray, "n 3"]:
        predicted = self._template.keypoints(aligned)
        handles = handles_of(region, mesh.vertices, self._keypoints, predicted, self._scan.millimetres, self._deviations)
        cloud = face.closest(mesh.vertices).places
        system = prepared_system(mesh)
        fit = NonrigidFit(region, mesh.vertices, system, cloud, handles, self._deviations)
        return fit.run(FREE if region is Region.CHEEK else HANDLED)

    @contextmanager
    def _timed(self, step: str) -> Iterator[None]:
        start = time.perf_counter()
        try:
            yield
        finally:
            self._seconds[step] += time.perf_counter() - start
