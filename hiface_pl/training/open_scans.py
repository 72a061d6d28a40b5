"""REALY's protocol during training: a few subjects of an open scan set after validations, all of them in `hiface-pl test`."""

import time
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import lightning
from lightning.pytorch.utilities import rank_zero_warn
from typing_extensions import override

from hiface_pl.data.open_scans.meta import ScanSetMeta, read_meta
from hiface_pl.errors import ConfigError, EvaluationError, PhotoError
from hiface_pl.evaluation.realy.benchmark_folder import BenchmarkFolder
from hiface_pl.evaluation.realy.evaluate import Evaluation
from hiface_pl.evaluation.realy.mesh_kind import MeshKind
from hiface_pl.evaluation.realy.mode import Mode
from hiface_pl.evaluation.realy.output_folder import settings_of
from hiface_pl.evaluation.realy.predicted_meshes import MeshPredictor
from hiface_pl.evaluation.realy.scan_check import check_scan
from hiface_pl.evaluation.realy.scan_metric import ScanErrors, ScanResults
from hiface_pl.evaluation.realy.scan_scores import BENCHMARK, PREFIX, ScanScores
from hiface_pl.evaluation.realy.subject_faces import FaceMeasurement, SubjectFace
from hiface_pl.evaluation.realy.template import Template
from hiface_pl.evaluation.realy.view import View
from hiface_pl.inference.detector import FaceDetector, SkimageCascadeDetector
from hiface_pl.inference.remembered_boxes import RememberedBoxes
from hiface_pl.processes import usable_cores
from hiface_pl.reconstructor import Reconstructor
from hiface_pl.training.progress import StageProgress


class OpenScans(lightning.Callback):
    """Measures the network on the frontal images of an open scan set, cropped as `hiface-pl reconstruct` crops photos.

    `folder` is a set of `hiface-pl data open-scans`; without one nothing happens. After every `every`-th validation of a training its first
    `subjects` subjects are measured, in `hiface-pl test` all. The processes of a training share the subjects, and `jobs` new processes of
    one thread (as many as each of them has cores, if null) measure the meshes; 0 measures in the training's own process, where numerical
    libraries have many threads, which hinders more than it helps. The boxes of faces are searched once; from there the network's own
    landmarks place the crop, as in photos. A subject whose face the network does not see has no score and is named. Our choice: no
    crop from the truth takes its place, since its number would be that of another task. Draws no random numbers.
    """

    def __init__(
        self,
        folder: Path | None = None,
        subjects: int = 4,
        every: int = 1,
        jobs: int | None = None,
        detector: FaceDetector | None = None,
    ) -> None:
        self.folder, self.subjects, self.every, self.jobs = folder, subjects, every, jobs
        self.detector = RememberedBoxes(detector or SkimageCascadeDetector())
        self.validations = 0
        self.scores: ScanScores | None = None
        self.chosen: list[int] = []
        self._metric: ScanErrors | None = None
        self._predictor: MeshPredictor | None = None

    @override
    def setup(self, trainer: lightning.Trainer, pl_module: lightning.LightningModule, stage: str) -> None:
        """Looks at the set before anything is trained. Raises ConfigError, or EvaluationError where it is missing, broken or not ours."""
        if min(self.subjects, self.every, (self.jobs or 0) + 1) < 1:
            raise ConfigError("scans.subjects and scans.every are positive, scans.jobs is not negative: `scans: null` switches them off")
        if self.folder is None or stage == "predict":
            return
        meta, self.benchmark = read_meta(self.folder), BenchmarkFolder(self.folder)
        known = self.benchmark.subjects
        self.chosen = known if stage == "test" else known[: self.subjects]
        for subject in self._share(trainer):
            check_scan(self.benchmark.scan(subject))
        images = {image.stem: image for image in self.benchmark.images(View.FRONTAL)}
        self.images = {subject: images[str(subject)] for subject in self.chosen if str(subject) in images}
        self.scans = self._tell_loggers(trainer, meta)
        self._metric = self._predictor = None

    @override
    def on_validation_epoch_end(self, trainer: lightning.Trainer, pl_module: lightning.LightningModule) -> None:
        if trainer.sanity_checking:
            return
        if trainer.state.fn == "fit":
            self.validations += 1
            if self.validations % self.every:
                return
        self._measure(trainer, pl_module)
        if self.scores is not None and self.scores.failures:
            rank_zero_warn(self.scores.told_failures())

    @override
    def on_test_epoch_end(self, trainer: lightning.Trainer, pl_module: lightning.LightningModule) -> None:
        self._measure(trainer, pl_module)

    @override
    def state_dict(self) -> dict[str, Any]:
        return {"validations": self.validations}

    @override
    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        self.validations = int(state_dict["validations"])

    def _measure(self, trainer: lightning.Trainer, module: lightning.LightningModule) -> None:
        if not self.chosen:
            return
        began = time.monotonic()
        self._predictor = predictor = self._predictor or MeshPredictor(_reconstructor(module), self.detector)
        self._metric = metric = (self._metric or self._new_metric(predictor, trainer)).to(module.device)
        metric.update(self._faces(predictor, trainer), partial(_show, trainer, "measuring scans"))
        results: ScanResults = metric.compute()
        metric.reset()
        self.scores = self._scores(results, metric.measurement.templates, time.monotonic() - began)
        module.log_dict(self.scores.floats(), sync_dist=True)

    def _new_metric(self, predictor: MeshPredictor, trainer: lightning.Trainer) -> ScanErrors:
        templates = {MeshKind.COARSE: predictor.coarse}
        if predictor.has_detail:
            templates[MeshKind.DETAIL] = predictor.detailed
        jobs = max(1, usable_cores() // max(1, trainer.num_devices)) if self.jobs is None else self.jobs
        return ScanErrors(self.chosen, FaceMeasurement(self.benchmark, templates), jobs or None)

    def _faces(self, predictor: MeshPredictor, trainer: lightning.Trainer) -> list[SubjectFace]:
        share, faces = self._share(trainer), []
        for number, subject in enumerate(share):
            _show(trainer, "reconstructing", number, len(share))
            faces.append(self._face(predictor, subject))
        _show(trainer, "reconstructing", len(share), len(share))
        return faces

    def _face(self, predictor: MeshPredictor, subject: int) -> SubjectFace:
        if subject not in self.images:
            return SubjectFace(subject, problem="it has no frontal image")
        try:
            meshes = predictor.predict(self.images[subject])
        except PhotoError as error:
            return SubjectFace(subject, problem=str(error))
        vertices = {MeshKind.COARSE: meshes.coarse.vertices}
        if meshes.detailed is not None:
            vertices[MeshKind.DETAIL] = meshes.detailed.vertices
        return SubjectFace(subject, vertices)

    def _scores(self, results: ScanResults, templates: Mapping[MeshKind, Template], seconds: float) -> ScanScores:
        evaluations = {}
        for kind, template in templates.items():
            settings = settings_of(self.benchmark, View.FRONTAL, Mode.OFFICIAL, template)
            evaluations[kind] = Evaluation(results.rows(kind), settings, 0, self.benchmark.path)
        return ScanScores(evaluations, self.scans, seconds)

    def _share(self, trainer: lightning.Trainer) -> list[int]:
        return self.chosen[trainer.global_rank :: trainer.world_size]

    def _tell_loggers(self, trainer: lightning.Trainer, meta: ScanSetMeta) -> str:
        """Tells every logger what the names under PREFIX are; returns which set it is."""
        names = ", ".join(map(str, self.chosen))
        for logger in trainer.loggers:
            logger.log_hyperparams({PREFIX: f"{BENCHMARK}, no REALY result: subjects {names} of {meta.summary}"})
        return meta.summary


def _show(trainer: lightning.Trainer, stage: str, done: int, total: int) -> None:
    bar = trainer.progress_bar_callback
    if isinstance(bar, StageProgress):
        bar.show(stage, done, total)


def _reconstructor(module: lightning.LightningModule) -> Reconstructor:
    reconstructor = getattr(module, "reconstructor", None)
    if not isinstance(reconstructor, Reconstructor):
        raise EvaluationError(f"open-scans needs a module with a Reconstructor, {type(module).__name__} has none: set `scans` to null")
    return reconstructor
