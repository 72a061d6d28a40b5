"""Ctrl-C and SIGTERM during training: a checkpoint is written and the user is told how to go on."""

import os
import signal
from pathlib import Path
from types import FrameType
from typing import Any

import lightning
from typing_extensions import override

from hiface_pl.errors import HifaceError, Teller

SIGNALS = (signal.SIGINT, signal.SIGTERM)
ASK_EVERY = 20
"""With several processes, how many batches pass between two questions whether one of them was told to stop."""


class TrainingStopped(HifaceError):  # noqa: N818
    """Training was told to stop and wrote a checkpoint; the exit code is 128 plus the signal's number."""

    teller = Teller.FIRST

    def __init__(self, message: str, signum: int) -> None:
        super().__init__(message)
        self.exit_code = 128 + signum


class StopOnSignal(lightning.Callback):
    """Finishes the batch at hand, writes `interrupted.ckpt` into `folder` and raises TrainingStopped with the command that resumes.

    Before the first batch and at the second Ctrl-C it stops at once, without a checkpoint. A validation under way is cut short and not
    counted. A resumed run draws what was left of the epoch anew. Loader processes, which get the same signals, ignore them.
    """

    def __init__(self, folder: Path, resume: str = "") -> None:
        self.path = folder / "interrupted.ckpt"
        self.resume = resume
        self.signum: int | None = None
        self.training = False
        self.process = os.getpid()
        self.former: dict[int, Any] = {}

    @override
    def on_fit_start(self, trainer: lightning.Trainer, pl_module: lightning.LightningModule) -> None:
        self._register()  # loader processes are started before the training is, and inherit the handlers

    @override
    def on_train_start(self, trainer: lightning.Trainer, pl_module: lightning.LightningModule) -> None:
        self._register()  # the trainer has put its own in place
        self.training = True

    @override
    def teardown(self, trainer: lightning.Trainer, pl_module: lightning.LightningModule, stage: str) -> None:
        self.training = False

    @override
    def on_exception(self, trainer: lightning.Trainer, pl_module: lightning.LightningModule, exception: BaseException) -> None:
        self.training = False

    @override
    def on_train_batch_end(
        self, trainer: lightning.Trainer, pl_module: lightning.LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        if trainer.world_size == 1 or batch_idx % ASK_EVERY == 0:
            self._stop_if_told(trainer)

    @override
    def on_validation_batch_start(
        self, trainer: lightning.Trainer, pl_module: lightning.LightningModule, batch: Any, batch_idx: int, dataloader_idx: int = 0
    ) -> None:
        if self.signum is not None and trainer.world_size == 1:
            raise StopIteration

    @override
    def on_validation_end(self, trainer: lightning.Trainer, pl_module: lightning.LightningModule) -> None:
        if trainer.state.fn == "fit" and not trainer.sanity_checking:
            self._stop_if_told(trainer)

    def _register(self) -> None:
        for signum in SIGNALS:
            handler = signal.signal(signum, self._note)
            if handler != self._note:
                self.former.setdefault(signum, handler)

    def _note(self, signum: int, frame: FrameType | None) -> None:
        if os.getpid() != self.process:
            return
        if not self.training:
            former = self.former.get(signum)
            if callable(former):
                former(signum, frame)
            elif signum == signal.SIGTERM:
                raise TrainingStopped("stopped by SIGTERM before the first batch; there is nothing to go on from", signum)
            return
        if self.signum is not None and signum == signal.SIGINT:
            raise KeyboardInterrupt
        self.signum = signum

    def _stop_if_told(self, trainer: lightning.Trainer) -> None:
        if trainer.world_size > 1 and trainer.strategy.reduce_boolean_decision(self.signum is not None, all=False):
            self.signum = self.signum or signal.SIGTERM
        if self.signum is None:
            return
        trainer.save_checkpoint(self.path)
        name = signal.Signals(self.signum).name
        told = f"stopped by {'Ctrl-C' if name == 'SIGINT' else name} after step {trainer.global_step}; go on with: "
        raise TrainingStopped(told + f"{self.resume} --ckpt_path {self.path}".strip(), self.signum)
