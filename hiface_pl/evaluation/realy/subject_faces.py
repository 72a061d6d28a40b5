"""Meshes in memory against a benchmark: what a network made of a subject's image, checked and measured as files are."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float64

from hiface_pl.evaluation.realy.benchmark_folder import BenchmarkFolder
from hiface_pl.evaluation.realy.measurement import Measured, Protocol, guarded
from hiface_pl.evaluation.realy.mesh_errors import MeshErrors
from hiface_pl.evaluation.realy.mesh_kind import MeshKind
from hiface_pl.evaluation.realy.mode import Mode
from hiface_pl.evaluation.realy.prediction_check import check_prediction
from hiface_pl.evaluation.realy.protocol import evaluate_mesh
from hiface_pl.evaluation.realy.template import Template
from hiface_pl.meshes.triangle_mesh import TriangleMesh


@dataclass(frozen=True)
class SubjectFace:
    """The vertices that a network predicts for a subject, each kind in the order of its template; or the problem why there are none."""

    subject: int
    vertices: Mapping[MeshKind, Float64[np.ndarray, "_ 3"]] = field(default_factory=dict)
    problem: str = ""


@dataclass(frozen=True)
class FaceMeasurement:
    """All that is needed to measure such meshes by REALY's protocol in `official` mode. It travels to other processes whole."""

    benchmark: BenchmarkFolder
    templates: Mapping[MeshKind, Template]
    protocol: Protocol = evaluate_mesh

    def measure(self, mesh: tuple[int, MeshKind, Float64[np.ndarray, "v 3"]]) -> Measured:
        """The row of one mesh, with its errors or with the reason why there are none."""
        return guarded(str(mesh[0]), lambda: self._errors(*mesh))

    def _errors(self, subject: int, kind: MeshKind, vertices: Float64[np.ndarray, "v 3"]) -> MeshErrors:
        template, scan = self.templates[kind], self.benchmark.scan(subject)
        check_prediction(TriangleMesh(vertices, template.triangles), template, scan.keypoints)
        keep_fits = False
        return self.protocol(vertices, template, scan, Mode.OFFICIAL, keep_fits)
