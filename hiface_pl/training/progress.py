"""What a training shows of itself: a bar on a terminal, one line every few seconds in a log file."""

import sys
import time
from typing import Any, Protocol, runtime_checkable

import lightning
from lightning.pytorch.callbacks import ProgressBar, RichProgressBar
from rich.progress import TaskID
from typing_extensions import override

EVERY = 10.0
"""Seconds between two lines."""


@runtime_checkable
class StageProgress(Protocol):
    """Progress that also shows work which is no training step, such as measuring scans after an epoch."""

    def show(self, stage: str, done: int, total: int) -> None:
        """Is told how many of a stage's items are done."""


def progress_for_output() -> ProgressBar:
    """The bar that suits where standard output goes."""
    return BarProgress(refresh_rate=1, leave=False) if sys.stdout.isatty() else LineProgress()


class BarProgress(RichProgressBar):
    """Lightning's bar on a terminal, with a bar a stage below it."""

    def __init__(self, refresh_rate: int = 1, leave: bool = False) -> None:
        super().__init__(refresh_rate=refresh_rate, leave=leave)
        self.stages: dict[str, TaskID] = {}

    def show(self, stage: str, done: int, total: int) -> None:
        """Shows the stage's bar while it lasts."""
        if self.progress is None:
            return
        if stage not in self.stages:
            self.stages[stage] = self.progress.add_task(stage, total=total)
        self.progress.update(self.stages[stage], completed=done)
        if done == total:
            self.progress.remove_task(self.stages.pop(stage))
        self.progress.refresh()


class LineProgress(ProgressBar):
    """Prints step, loss and images a second as lines."""

    def __init__(self, every: float = EVERY) -> None:
        super().__init__()
        self.every = every
        self.enabled = True
        self.printed = self.shown = 0.0
        self.images = 0

    @override
    def disable(self) -> None:
        self.enabled = False

    @override
    def enable(self) -> None:
        self.enabled = True

    def show(self, stage: str, done: int, total: int) -> None:
        """Prints a line every few seconds, never for work that is shorter."""
        if done == 0:
            self.shown = time.monotonic()
        elif self.enabled and time.monotonic() - self.shown >= self.every:
            self.shown = time.monotonic()
            sys.stdout.write(f"{stage}: {done} of {total}\n")
            sys.stdout.flush()

    @override
    def on_train_start(self, trainer: lightning.Trainer, pl_module: lightning.LightningModule) -> None:
        self.printed, self.images = time.monotonic(), 0

    @override
    def on_train_batch_end(
        self, trainer: lightning.Trainer, pl_module: lightning.LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        self.images += len(batch.image) * trainer.world_size
        passed = time.monotonic() - self.printed
        if passed >= self.every:
            self._line(trainer, f"{self.images / passed:.0f} images/s")
            self.printed, self.images = time.monotonic(), 0

    @override
    def on_validation_end(self, trainer: lightning.Trainer, pl_module: lightning.LightningModule) -> None:
        if not trainer.sanity_checking:
            self._line(trainer, "validated")
        self.printed, self.images = time.monotonic(), 0

    def _line(self, trainer: lightning.Trainer, text: str) -> None:
        if not self.enabled:
            return
        steps = f"/{trainer.max_steps}" if trainer.max_steps and trainer.max_steps > 0 else ""
        shown = {key: value for key, value in trainer.callback_metrics.items() if key in {"train/loss", "val/skill"}}
        numbers = ", ".join(f"{key} {float(value):.3f}" for key, value in shown.items())
        sys.stdout.write(f"epoch {trainer.current_epoch}, step {trainer.global_step}{steps}: {numbers}, {text}\n")
        sys.stdout.flush()
