"""What happens to one prediction, in whichever process: it is checked, measured, and its result is kept at once."""

import hashlib
import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hiface_pl.errors import EvaluationError, MeshError
from hiface_pl.evaluation.realy.benchmark_folder import BenchmarkFolder
from hiface_pl.evaluation.realy.finished import Finished
from hiface_pl.evaluation.realy.heat_maps import has_heat_maps, write_heat_maps
from hiface_pl.evaluation.realy.mesh_errors import MeshErrors
from hiface_pl.evaluation.realy.mode import Mode
from hiface_pl.evaluation.realy.names import subject_of
from hiface_pl.evaluation.realy.prediction_check import check_prediction
from hiface_pl.evaluation.realy.predictions import Prediction
from hiface_pl.evaluation.realy.scan import Scan
from hiface_pl.evaluation.realy.scan_check import check_scan
from hiface_pl.evaluation.realy.template import Template
from hiface_pl.meshes.read_mesh import read_mesh

Protocol = Callable[[np.ndarray, Template, Scan, Mode, bool], MeshErrors]
"""As `protocol.evaluate_mesh`: vertices, template, scan, mode, and whether to keep the fits."""


@dataclass(frozen=True)
class Measured:
    """One row of the results: a result without its fits, or the reason why there is none."""

    name: str
    result: MeshErrors | None
    problem: str = ""

    @property
    def subject(self) -> int | None:
        """The subject's number, None for names that have none."""
        return subject_of(self.name)


@dataclass(frozen=True)
class Measurement:
    """All that one prediction needs to become a row. It travels to other processes whole."""

    benchmark: BenchmarkFolder
    template: Template
    mode: Mode
    finished: Finished
    protocol: Protocol
    heat_maps: Path | None = None

    def check_subject(self, subject: int) -> None:
        """Raises EvaluationError or MeshError where the subject's ground truth cannot be used."""
        check_scan(self.benchmark.scan(subject))

    def check(self, row: Prediction) -> Prediction:
        """The same row, or one that says why its mesh cannot be measured. What is finished already is not read again."""
        if row.file is None or self._kept(row, row.file) is not None:
            return row
        try:
            mesh = read_mesh(row.file)
            check_prediction(mesh, self.template, self.benchmark.keypoints(number_of(row)))
        except MeshError as error:
            return Prediction(row.name, problem=str(error))
        return row

    def measure(self, row: Prediction) -> Measured:
        """Measures a row, or takes what a former run kept of it. Raises OutputError where nothing can be kept."""
        if row.file is None:
            return Measured(row.name, None, row.problem)
        kept = self._kept(row, row.file)
        if kept is not None:
            return Measured(row.name, kept)
        return self._measured(row, row.file)

    def _measured(self, row: Prediction, file: Path) -> Measured:
        measured = guarded(row.name, lambda: self._compute(row, file))
        if measured.result is not None:
            self.finished.write(row.name, self._key(row, file), measured.result)
        return measured

    def _compute(self, row: Prediction, file: Path) -> MeshErrors:
        scan = self.benchmark.scan(number_of(row))
        result = self.protocol(read_mesh(file).vertices, self.template, scan, self.mode, self.heat_maps is not None)
        if self.heat_maps is not None and result.fits is not None:
            write_heat_maps(result.fits, scan, self.heat_maps / row.name)
        return MeshErrors(result.errors, result.deviations, result.seconds)

    def _kept(self, row: Prediction, file: Path) -> MeshErrors | None:
        kept = self.finished.read(row.name, self._key(row, file))
        return kept if self.heat_maps is None or has_heat_maps(self.heat_maps / row.name) else None

    def _key(self, row: Prediction, file: Path) -> str:
        """Changes with any byte of the mesh or of the ground truth; the rest is the same in all of the output folder."""
        digest = hashlib.sha256(self.benchmark.digest(number_of(row)).encode())
        try:
            digest.update(file.read_bytes())
        except OSError:
            return ""
        return digest.hexdigest()


def guarded(name: str, compute: Callable[[], MeshErrors]) -> Measured:
    """The row of a mesh, with the reason where the protocol cannot measure it or its numbers are not finite."""
    try:
        result = compute()
    except (EvaluationError, MeshError, np.linalg.LinAlgError, ArithmeticError) as error:
        return Measured(name, None, f"it cannot be measured: {error}")
    if not all(map(math.isfinite, result.errors.values())):
        return Measured(name, None, "its distances are no finite numbers")
    return Measured(name, result)


def number_of(row: Prediction) -> int:
    """The subject that a row belongs to. Raises EvaluationError where its name has no number."""
    subject = subject_of(row.name)
    if subject is None:
        raise EvaluationError(f"{row.name} belongs to no subject: call predictions after their images")
    return subject
