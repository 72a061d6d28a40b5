"""Training and evaluation steps. Nothing here knows what an encoder or a detail head is."""

from typing import Any

import lightning
import torch
from lightning.pytorch.cli import OptimizerCallable
from torch import Tensor
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LambdaLR
from typing_extensions import override

from hiface_pl.errors import ConfigError
from hiface_pl.evaluation.metrics import SyntheticFaceMetrics
from hiface_pl.evaluation.photo_metrics import PhotoMetrics
from hiface_pl.evaluation.scores import FaceScores
from hiface_pl.losses.bundle import LossBundle, LossReport
from hiface_pl.losses.means import TermMeans
from hiface_pl.reconstructor import Reconstructor
from hiface_pl.training.checkpoint import ReconstructorRecord
from hiface_pl.training.finite import FiniteWatch
from hiface_pl.training.schedule import Schedule
from hiface_pl.types import FaceBatch, Reconstruction, Wanted


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
        self.photo_metrics = PhotoMetrics(reconstructor.assets.model)
        self.val_terms = TermMeans(len(list(losses.active())))
        self.watch = FiniteWatch()

    @override
    def forward(self, batch: FaceBatch, wanted: Wanted = Wanted.FACE) -> Reconstruction:
        """Reconstructs a batch, with a rendering if `wanted` asks for it."""
        size = (self.render_size or batch.image.shape[-1]) if Wanted.RENDERING in wanted else None
        result: Reconstruction = self.reconstructor.decode(self.reconstructor.encoder(batch.image), size, wanted)
        return result

    @override
    def training_step(self, batch: FaceBatch) -> Tensor:
        """One step: makes what the losses read, and, where it is not logged, does not wait for an accelerator."""
        report: LossReport = self.losses(self(batch, self.losses.needs), batch)
        self.watch.note(report, batch.index)
        if self._is_logged():
            self._log_step(report)
        return report.total

    @override
    def validation_step(self, batch: FaceBatch) -> None:
        pixels = self.losses.needs & Wanted.RENDERING if batch.labels.seen is None else Wanted.RENDERING
        reconstruction = self(batch, Wanted.FACE | pixels)
        report: LossReport = self.losses(reconstruction, batch)
        self.watch.note(report, batch.index)
        self.val_terms.update(report)
        self.metrics.update(reconstruction, batch)
        self.photo_metrics.update(reconstruction, batch)

    @override
    def test_step(self, batch: FaceBatch) -> None:
        self.metrics.update(self.reconstructor(batch.image), batch)

    @override
    def predict_step(self, batch: FaceBatch) -> Reconstruction:
        result: Reconstruction = self.reconstructor(batch.image)
        return result

    @override
    def on_validation_start(self) -> None:
        self.watch.settle()

    @override
    def on_validation_epoch_end(self) -> None:
        self.watch.settle()
        self._finish_terms()
        self._finish_metrics("val")
        self._finish_photos()

    @override
    def on_train_end(self) -> None:
        self.watch.settle()

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
    def configure_gradient_clipping(
        self, optimizer: Optimizer, gradient_clip_val: float | None = None, gradient_clip_algorithm: str | None = None
    ) -> None:
        """The trainer's own clipping, but for bfloat16, where it refuses fused optimisers although there is no scaler to undo."""
        if gradient_clip_val and self.trainer.precision == "bf16-mixed" and gradient_clip_algorithm in {None, "norm"}:
            weights = [weight for group in optimizer.param_groups for weight in group["params"]]
            torch.nn.utils.clip_grad_norm_(weights, gradient_clip_val)
        else:
            self.clip_gradients(optimizer, gradient_clip_val, gradient_clip_algorithm)

    @override
    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        self.watch.settle()
        if self.record is not None:
            checkpoint[ReconstructorRecord.KEY] = self.record.as_dict()

    def _is_logged(self) -> bool:
        every: int = self.trainer.log_every_n_steps  # type: ignore[attr-defined]  # set by the trainer on itself
        return bool(every) and (self.global_step + 1) % every == 0

    def _log_step(self, report: LossReport) -> None:
        """Logs numbers that are on the host: the trainer reads them again at every step until the next ones come."""
        terms = report.terms()
        values = {f"train/{term.name}": torch.tensor(term.value) for term in terms}
        total = sum(term.weight * term.value for term in terms)
        self.log("train/loss", torch.tensor(total), prog_bar=True)
        self.log_dict(values, on_step=True)

    def _finish_terms(self) -> None:
        if self.val_terms.update_called:
            self.log_dict({f"val/{name}": value for name, value in self.val_terms.compute().items()}, sync_dist=True)
        self.val_terms.reset()

    def _finish_photos(self) -> None:
        if self.photo_metrics.update_called:
            self.log_dict({f"val/{name}": value for name, value in self.photo_metrics.compute().items()}, sync_dist=True)
        self.photo_metrics.reset()

    def _finish_metrics(self, stage: str) -> None:
        if self.metrics.update_called:
            self.scores = self.metrics.compute()
            skills = [value.skill for value in self.scores.measured.values()]
            self.log_dict({f"{stage}/{name}": value for name, value in self.scores.floats().items()}, sync_dist=True)
            self.log(f"{stage}/skill", sum(skills) / len(skills), prog_bar=stage == "val", sync_dist=True)
        self.metrics.reset()
