"""REALY's protocol as a torchmetrics Metric: predicted vertices in, errors a subject and region out, over all processes of a training."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float64, Shaped
from torch import Tensor
from torchmetrics import Metric

from hiface_pl.evaluation.realy.measurement import Measured
from hiface_pl.evaluation.realy.mesh_errors import MeshErrors
from hiface_pl.evaluation.realy.mesh_kind import MeshKind
from hiface_pl.evaluation.realy.regions import Region
from hiface_pl.evaluation.realy.subject_faces import FaceMeasurement, SubjectFace
from hiface_pl.processes import spread

REASON = 300
"""Bytes of a failure's reason that travel between processes."""
NEVER_SEEN = "no process has measured it"

Mesh = tuple[int, MeshKind, Float64[np.ndarray, "_ 3"]]


class ScanResults(NamedTuple):
    """Errors in mm (in the order of `Region`) or a problem, by kind of mesh and subject. A tuple: torchmetrics rebuilds what it returns."""

    errors: dict[str, dict[int, list[float]]]
    problems: dict[str, dict[int, str]]

    def rows(self, kind: MeshKind) -> tuple[Measured, ...]:
        """A row a subject, those with a problem too, in order."""
        measured, failed = self.errors[kind], self.problems[kind]
        rows = {subject: Measured(str(subject), None, problem) for subject, problem in failed.items()}
        for subject, errors in measured.items():
            rows[subject] = Measured(str(subject), MeshErrors(dict(zip(Region, errors, strict=True))))
        return tuple(rows[subject] for subject in sorted(rows))


class ScanErrors(Metric):
    """Each subject has one place in the state, so it counts once, whatever processes it was measured in and however often.

    What cannot be measured is a failure with its reason, never a number; so is a subject that no process was given.
    """

    full_state_update = False
    higher_is_better = False
    errors: Tensor
    reasons: Tensor

    def __init__(self, subjects: Sequence[int], measurement: FaceMeasurement, jobs: int | None = None) -> None:
        """With `jobs`, so many new processes of one thread each share the meshes of an `update`; None stays in this one."""
        super().__init__()
        self.subjects, self.measurement, self.jobs = tuple(subjects), measurement, jobs
        self.kinds = tuple(measurement.templates)
        places = (len(self.kinds), len(self.subjects))
        self.add_state("errors", torch.full((*places, len(Region)), torch.nan, dtype=torch.float64), dist_reduce_fx=first_known)
        self.add_state("reasons", torch.zeros(*places, REASON, dtype=torch.uint8), dist_reduce_fx=first_known)

    def update(self, faces: Sequence[SubjectFace], progress: Callable[[int, int], None] = lambda *_: None) -> None:
        """Measures this process's share of the subjects, which may be none; tells how many of its meshes are done."""
        for face in faces:
            if face.problem:
                for kind in self.kinds:
                    self._fail(face.subject, kind, face.problem)
        meshes = [(face.subject, kind, vertices) for face in faces for kind, vertices in face.vertices.items()]
        with self._measured(meshes) as measured:
            for number, ((subject, kind, _), row) in enumerate(zip(meshes, measured, strict=True)):
                progress(number, len(meshes))
                if row.result is None:
                    self._fail(subject, kind, row.problem)
                else:
                    values = [row.result.errors[region] for region in Region]
                    self.errors[self._place(subject, kind)] = torch.tensor(values, dtype=torch.float64, device=self.errors.device)
        progress(len(meshes), len(meshes))

    def compute(self) -> ScanResults:
        """What is known of every subject in any process."""
        results = ScanResults({kind: {} for kind in self.kinds}, {kind: {} for kind in self.kinds})
        for k, kind in enumerate(self.kinds):
            rows = zip(self.subjects, self.errors[k].tolist(), self.reasons[k].cpu().numpy(), strict=True)
            for subject, errors, reason in rows:
                if not np.isnan(errors).any():
                    results.errors[kind][subject] = errors
                else:
                    results.problems[kind][subject] = reason.tobytes().rstrip(b"\0").decode(errors="ignore") or NEVER_SEEN
        return results

    def _fail(self, subject: int, kind: MeshKind, reason: str) -> None:
        told = np.frombuffer(reason.encode()[:REASON].ljust(REASON, b"\0"), np.uint8)
        self.reasons[self._place(subject, kind)] = torch.from_numpy(told.copy()).to(self.reasons.device)

    def _place(self, subject: int, kind: MeshKind) -> tuple[int, int]:
        return self.kinds.index(kind), self.subjects.index(subject)

    @contextmanager
    def _measured(self, meshes: Sequence[Mesh]) -> Iterator[Iterator[Measured]]:
        if self.jobs is None or not meshes:
            yield map(self.measurement.measure, meshes)
            return
        with spread(self.measurement.measure, meshes, min(self.jobs, len(meshes)), "measures meshes", threads=1) as rows:
            yield rows


def first_known(of_processes: Shaped[Tensor, "p k s n"]) -> Shaped[Tensor, "k s n"]:
    """Of each subject the first process's row that says something: numbers, or a reason."""
    known = of_processes.isfinite().all(dim=-1) if of_processes.is_floating_point() else of_processes.any(dim=-1)
    which = known.int().argmax(dim=0)
    return torch.take_along_dim(of_processes, which[None, :, :, None], dim=0)[0]
