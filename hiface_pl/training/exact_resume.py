"""What a checkpoint needs beside weights so that a resumed run repeats an uninterrupted one bit for bit."""

from typing import Any

import lightning
import torch
from typing_extensions import override

from hiface_pl.data.resumable import ResumableData
from hiface_pl.training.loop_state import close_epoch, settle
from hiface_pl.training.position import Position, validation_is_due
from hiface_pl.training.random_state import random_state, restore_random_state

RANDOM = "random_states"


class ExactResume(lightning.Callback):
    """Stores each process's random states and settled counters, and restores them before the first batch.

    It stands after the callbacks that change what is trained and before those that write checkpoints. Counters are settled at the end of a
    batch, where accumulated gradients are spent, or at the end of a validation: checkpoints have to be written at such moments.
    """

    def __init__(self) -> None:
        self.validation_pending = False
        self.stored: list[dict[str, Any]] = []
        self.resumed = False

    @override
    def on_train_start(self, trainer: lightning.Trainer, pl_module: lightning.LightningModule) -> None:
        if trainer.global_rank < len(self.stored):
            restore_random_state(self.stored[trainer.global_rank], pl_module.device)
        self.stored = []

    @override
    def on_train_batch_start(self, trainer: lightning.Trainer, pl_module: lightning.LightningModule, batch: Any, batch_idx: int) -> None:
        if self.resumed:  # what loggers count, which Lightning moves at a restart where a validation was due before it
            trainer.fit_loop.epoch_loop._batches_that_stepped = trainer.global_step  # noqa: SLF001 - known nowhere else
            self.resumed = False

    @override
    def on_train_batch_end(
        self, trainer: lightning.Trainer, pl_module: lightning.LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        self.validation_pending = validation_is_due(trainer)

    @override
    def on_validation_end(self, trainer: lightning.Trainer, pl_module: lightning.LightningModule) -> None:
        if trainer.state.fn == "fit" and not trainer.sanity_checking:
            self.validation_pending = False

    @override
    def on_save_checkpoint(self, trainer: lightning.Trainer, pl_module: lightning.LightningModule, checkpoint: dict[str, Any]) -> None:
        checkpoint[RANDOM] = _of_all_processes(random_state(pl_module.device))
        position = Position.of(trainer)
        settle(checkpoint["loops"]["fit_loop"], position, trainer.global_step, validation_pending=self.validation_pending)
        checkpoint["epoch"] = position.epoch

    @override
    def on_load_checkpoint(self, trainer: lightning.Trainer, pl_module: lightning.LightningModule, checkpoint: dict[str, Any]) -> None:
        if trainer.state.fn != "fit":
            return
        self.resumed = True
        self.stored = checkpoint.get(RANDOM, [])
        data = getattr(trainer, "datamodule", None)
        if not isinstance(data, ResumableData):
            return
        if not self.stored:  # written before positions were kept: the rest of the epoch is drawn anew
            data.start = Position(checkpoint["epoch"], 0)
        elif data.start.epoch > checkpoint["epoch"]:
            close_epoch(checkpoint["loops"]["fit_loop"])


def _of_all_processes(state: dict[str, Any]) -> list[dict[str, Any]]:
    """The states of every process, in order of rank; each of them calls this at the same time."""
    if not (torch.distributed.is_available() and torch.distributed.is_initialized()):
        return [state]
    states: list[dict[str, Any]] = [{} for _ in range(torch.distributed.get_world_size())]
    torch.distributed.all_gather_object(states, state)
    return states
