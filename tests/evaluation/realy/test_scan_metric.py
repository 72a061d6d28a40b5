"""The metric counts every subject once, wherever it was measured, and names what has no score."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from hiface_pl.evaluation.realy.benchmark_folder import BenchmarkFolder
from hiface_pl.evaluation.realy.evaluate import evaluate_folder
from hiface_pl.evaluation.realy.mesh_kind import MeshKind
from hiface_pl.evaluation.realy.mode import Mode
from hiface_pl.evaluation.realy.model_template import model_template
from hiface_pl.evaluation.realy.rounding import to_single
from hiface_pl.evaluation.realy.scan_metric import NEVER_SEEN, REASON, ScanErrors, first_known
from hiface_pl.evaluation.realy.subject_faces import FaceMeasurement, SubjectFace
from hiface_pl.meshes.triangle_mesh import TriangleMesh
from hiface_pl.meshes.write_obj import write_obj
from tests.distributed.suite import together
from tests.evaluation.realy.tiny_scans import write_tiny_scans
from tests.tiny import tiny_model

SUBJECTS = (1, 2, 3, 4, 5)
TEMPLATES = {MeshKind.COARSE: model_template(tiny_model(), "tiny"), MeshKind.DETAIL: model_template(tiny_model(), "tiny-detail", 1)}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_scans(tmp_path_factory.mktemp("scans"), len(SUBJECTS))


def face(subject: int) -> SubjectFace:
    """Subject 3 shows no face, the detailed mesh of subject 4 is broken; the others have waves of their own.

    The vertices are numbers of single precision, as a network gives them: nine digits in a file then bring back the same numbers. Of
    others, a file and the metric may round to neighbouring single numbers, which moves a fit by some 1e-6 mm.
    """
    if subject == 3:
        return SubjectFace(subject, problem="no face was found in 3")
    vertices = {kind: to_single(template.places + np.sin(template.places / 20 + subject)) for kind, template in TEMPLATES.items()}
    if subject == 4:
        vertices[MeshKind.DETAIL] = vertices[MeshKind.DETAIL] * np.nan
    return SubjectFace(subject, vertices)


def metric_of(folder: Path, jobs: int | None = None) -> ScanErrors:
    return ScanErrors(SUBJECTS, FaceMeasurement(BenchmarkFolder(folder), TEMPLATES), jobs)


@pytest.fixture(scope="module")
def alone(folder: Path) -> ScanErrors:
    metric = metric_of(folder)
    metric.update([face(subject) for subject in SUBJECTS])
    return metric


def test_failures_are_named_and_never_zero(alone: ScanErrors) -> None:
    results = alone.compute()
    assert list(results.errors["coarse"]) == [1, 2, 4, 5]
    assert list(results.errors["detail"]) == [1, 2, 5]
    assert min(min(errors) for errors in results.errors["coarse"].values()) > 0.01
    assert results.problems["coarse"] == {3: "no face was found in 3"}
    assert results.problems["detail"][3] == "no face was found in 3"
    assert "no numbers" in results.problems["detail"][4]
    assert [row.result is None for row in results.rows(MeshKind.DETAIL)] == [False, False, True, True, False]


def test_numbers_are_those_of_a_folder_of_predictions(alone: ScanErrors, folder: Path, tmp_path: Path) -> None:
    for kind, template in TEMPLATES.items():
        for subject in (1, 2, 5):
            write_obj(TriangleMesh(face(subject).vertices[kind], template.triangles), tmp_path / kind / f"{subject}.obj")
        found = evaluate_folder(BenchmarkFolder(folder), tmp_path / kind, template, Mode.OFFICIAL, tmp_path / f"out-{kind}")
        rows = {row.name: row.result for row in alone.compute().rows(kind)}
        for row in found.rows:
            if row.result is not None:
                assert dict(rows[row.name].errors) == dict(row.result.errors)
        assert sum(row.result is not None for row in found.rows) == 3


def test_what_nobody_measured_is_a_failure(folder: Path) -> None:
    metric = metric_of(folder)
    metric.update([face(1)])
    problems = metric.compute().problems["coarse"]
    assert problems == dict.fromkeys(SUBJECTS[1:], NEVER_SEEN)
    metric.reset()
    metric.update([])
    assert metric.compute().errors["coarse"] == {}


def test_long_reasons_are_cut_at_a_whole_character(folder: Path) -> None:
    metric = metric_of(folder)
    metric.update([SubjectFace(1, problem="x" + "ß" * REASON)])
    assert metric.compute().problems["coarse"][1] == "x" + "ß" * (REASON // 2 - 1)


def test_the_first_process_that_knows_counts_alone() -> None:
    nan = torch.nan
    of_processes = torch.tensor([[[[nan, nan], [1.0, 2.0], [nan, nan]]], [[[3.0, 4.0], [5.0, 6.0], [nan, nan]]]])
    torch.testing.assert_close(first_known(of_processes), torch.tensor([[[3.0, 4.0], [1.0, 2.0], [nan, nan]]]), equal_nan=True)


def test_new_processes_change_nothing(alone: ScanErrors, folder: Path) -> None:
    metric = metric_of(folder, jobs=2)
    metric.update([face(subject) for subject in (1, 4)])
    expected = {subject: alone.compute().errors["coarse"][subject] for subject in (1, 4)}
    assert metric.compute().errors["coarse"] == expected
    assert "no numbers" in metric.compute().problems["detail"][4]


def share(rank: int, folder: Path, out: Path) -> None:
    """The second process measures the even ones and subject 1 once more."""
    metric = metric_of(folder)
    metric.update([face(subject) for subject in ((1, 3, 5), (2, 4, 1))[rank]])
    results = metric.compute()
    (out / f"{rank}.json").write_text(json.dumps(results._asdict()))


def test_two_processes_equal_one(alone: ScanErrors, folder: Path, tmp_path: Path) -> None:
    processes = together(share, tmp_path, folder, tmp_path)
    assert processes.join() == [0, 0], processes.text(0) + processes.text(1)
    expected = json.loads(json.dumps(alone.compute()._asdict()))
    assert [json.loads((tmp_path / f"{rank}.json").read_text()) for rank in (0, 1)] == [expected, expected]
