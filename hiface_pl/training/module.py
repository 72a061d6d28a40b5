"""Training and evaluation steps. Nothing here knows what an encoder or a detail head is."""

from typing import Any

import lightning
import torch
from lightning.pytorch.cli import OptimizerCallable
from torch import Tensor
from torch.optim.lr_scheduler import LambdaLR
from typing_extensions import override

from hiface_pl.errors import ConfigError
from hiface_pl.evaluation.metrics import SyntheticFaceMetrics
from hiface_pl.evaluation.scores import FaceScores
from hiface_pl.losses.bundle import LossBundle, LossReport
from hiface_pl.reconstructor import Reconstructor
from hiface_pl.training.checkpoint import ReconstructorRecord
from hiface_pl.training.schedule import Schedule
from hiface_pl.types import FaceBatch, Reconstruction


class HiFaceModule(lightning.LightningModule):
    """Trains a reconstructor with a bundle of losses.

    `render_size` is the side in pixels at which photometric terms render, None for the image's own. `record` describes how the
    reconstructor was configured; the command line fills it, and checkpoints carry it, so that one file is enough to reconstruct photos.
    """

    def __init__(
        self,
        reconstructor: Reconstructor,
        losses: LossBundle,
        optimizer: OptimizerCallable = torch.optim.Adam,
        schedule: Schedule | None = None,
        render_size: int | None = None,
    ) -> None:
        super().__init__()
        self.reconstructor = reconstructor
        self.losses = losses
        self.losses.bind(reconstructor.assets)
        self.optimizer = optimizer
        self.schedule = schedule
        self.render_size = render_size
        self.record: ReconstructorRecord | None = None
        self.scores: FaceScores | None = None
        self.metrics = SyntheticFaceMetrics(reconstructor.assets)

    @override
    def forward(self, batch: FaceBatch) -> Reconstruction:
        """Reconstructs a batch, with a rendering if a loss compares pixels."""
        size = (self.render_size or batch.image.shape[-1]) if self.losses.needs_rendering else None
        result: Reconstruction = self.reconstructor.decode(self.reconstructor.encoder(batch.image), size)
        return result

    @override
    def training_step(self, batch: FaceBatch) -> Tensor:
        report: LossReport = self.losses(self(batch), batch)
        self._log_terms("train", report, batch)
        return report.total

    @override
    def validation_step(self, batch: FaceBatch) -> None:
        reconstruction = self(batch)
        self._log_terms("val", self.losses(reconstruction, batch), batch)
        self.metrics.update(reconstruction, batch)

    @override
    def test_step(self, batch: FaceBatch) -> None:
        self.metrics.update(self.reconstructor(batch.image), batch)

    @override
    def predict_step(self, batch: FaceBatch) -> Reconstruction:
        result: Reconstruction = self.reconstructor(batch.image)
        return result

    @override
    def on_validation_epoch_end(self) -> None:
        self._finish_metrics("val")

    @override
    def on_test_epoch_end(self) -> None:
        self._finish_metrics("test")

    @override
    def configure_optimizers(self) -> Any:
        optimizer = self.optimizer([parameter for parameter in self.parameters() if parameter.requires_grad])
        if self.schedule is None:
            return optimizer
        steps = self.trainer.estimated_stepping_batches
        if not 0 < steps < float("inf"):
            raise ConfigError("a learning rate schedule needs to know the end: set trainer.max_steps or trainer.max_epochs")
        schedule = self.schedule
        scheduler = LambdaLR(optimizer, lambda step: schedule.factor(min(step / steps, 1.0)))
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": scheduler, "interval": "step"}}

    @override
    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        if self.record is not None:
            checkpoint[ReconstructorRecord.KEY] = self.record.as_dict()

    def _log_terms(self, stage: str, report: LossReport, batch: FaceBatch) -> None:
        training = stage == "train"
        size = len(batch.image)
        self.log(f"{stage}/loss", report.total.detach(), prog_bar=training, batch_size=size, on_epoch=not training, sync_dist=not training)
        values = {f"{stage}/{term.name}": term.value for term in report.terms}
        self.log_dict(values, batch_size=size, on_step=training, on_epoch=not training, sync_dist=not training)

    def _finish_metrics(self, stage: str) -> None:
        if self.metrics.update_called:
            self.scores = self.metrics.compute()
            skills = [value.skill for value in self.scores.measured.values()]
            self.log_dict({f"{stage}/{name}": value for name, value in self.scores.floats().items()}, sync_dist=True)
            self.log(f"{stage}/skill", sum(skills) / len(skills), prog_bar=stage == "val", sync_dist=True)
        self.metrics.reset()
