"""Which checkpoints a run keeps: the best by one logged number, and the last whatever it is worth."""

from pathlib import Path

import lightning
from lightning.pytorch.callbacks import ModelCheckpoint
from typing_extensions import override


class BestAndLast(ModelCheckpoint):
    """`best-STEP.ckpt` and `last.ckpt`, written after each validation, and `last.ckpt` once more when training ends in between."""

    def __init__(self, folder: Path, monitor: str) -> None:
        super().__init__(
            dirpath=folder, filename="best-{step}", monitor=monitor, mode="max", save_last=True, save_top_k=1, auto_insert_metric_name=False
        )

    @property
    def last(self) -> Path:
        """Where the last checkpoint is."""
        return Path(str(self.dirpath)) / f"{self.CHECKPOINT_NAME_LAST}{self.FILE_EXTENSION}"

    @override
    def on_train_end(self, trainer: lightning.Trainer, pl_module: lightning.LightningModule) -> None:
        super().on_train_end(trainer, pl_module)
        if trainer.global_step != self._last_global_step_saved:
            trainer.save_checkpoint(self.last)
