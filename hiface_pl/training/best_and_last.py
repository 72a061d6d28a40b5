"""Which checkpoints a run keeps: the best by one logged number, and the last whatever it is worth."""

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import lightning
from lightning.pytorch.callbacks import ModelCheckpoint
from typing_extensions import override

from hiface_pl.training.interruption import ASK_EVERY
from hiface_pl.training.position import gradients_are_kept


@dataclass(frozen=True)
class Saving:
    """When `last.ckpt` is written between validations: every so many steps, every so many minutes, or both; null switches one off."""

    every_steps: int | None = 1000
    every_minutes: float | None = None


class BestAndLast(ModelCheckpoint):
    """`best-STEP.ckpt` after validations, and `last.ckpt` before the first step, after each validation, as `saving` says, and at the end.

    A resumed run compares with the best one of the run that it goes on from, and leaves that file where it is.
    """

    def __init__(self, folder: Path, monitor: str, saving: Saving | None = None) -> None:
        super().__init__(
            dirpath=folder,
            filename="best-{step}",
            monitor=monitor,
            mode="max",
            save_last=False,
            save_top_k=1,
            auto_insert_metric_name=False,
            save_on_train_epoch_end=False,
            enable_version_counter=False,
        )
        self.saving = saving or Saving()
        self.saved_step = -1
        self.saved_time = 0.0

    @property
    def last(self) -> Path:
        """Where the last checkpoint is."""
        return Path(str(self.dirpath)) / f"{self.CHECKPOINT_NAME_LAST}{self.FILE_EXTENSION}"

    @override
    def on_train_start(self, trainer: lightning.Trainer, pl_module: lightning.LightningModule) -> None:
        super().on_train_start(trainer, pl_module)
        self.saved_time = time.monotonic()
        if trainer.global_step == 0:
            self._save_last(trainer)

    @override
    def on_train_batch_end(
        self, trainer: lightning.Trainer, pl_module: lightning.LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        if trainer.global_step == self.saved_step or gradients_are_kept(trainer):
            return
        if self._is_step(trainer.global_step) or self._is_time(trainer):
            self._save_last(trainer)

    @override
    def on_validation_end(self, trainer: lightning.Trainer, pl_module: lightning.LightningModule) -> None:
        super().on_validation_end(trainer, pl_module)
        if trainer.state.fn == "fit" and not trainer.sanity_checking:
            self._save_last(trainer)

    @override
    def on_train_end(self, trainer: lightning.Trainer, pl_module: lightning.LightningModule) -> None:
        super().on_train_end(trainer, pl_module)
        if trainer.global_step != self.saved_step:
            self._save_last(trainer)

    @override
    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        if Path(state_dict["best_model_path"] or " ").is_file():
            super().load_state_dict(state_dict | {"dirpath": self.dirpath})
            self.current_score = state_dict["current_score"]

    def _save_last(self, trainer: lightning.Trainer) -> None:
        if not getattr(trainer, "fast_dev_run", False):
            trainer.save_checkpoint(self.last)
        self.saved_step, self.saved_time = trainer.global_step, time.monotonic()

    def _is_step(self, step: int) -> bool:
        every = self.saving.every_steps
        return every is not None and every > 0 and step % every == 0

    def _is_time(self, trainer: lightning.Trainer) -> bool:
        """Whether the minutes have passed, by the first process's clock; asked once in a while, since the processes have to agree."""
        every = self.saving.every_minutes
        if every is None or (trainer.world_size > 1 and trainer.global_step % ASK_EVERY):
            return False
        return bool(trainer.strategy.broadcast(time.monotonic() - self.saved_time >= 60 * every))
