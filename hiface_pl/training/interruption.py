"""Ctrl-C, SIGTERM and SLURM's warning during training: a checkpoint is written and the user is told how to go on."""

import os
import signal
import time
from pathlib import Path
from types import FrameType
from typing import Any

import lightning
import torch
from typing_extensions import override

from hiface_pl.errors import HifaceError, Teller
from hiface_pl.training.position import gradients_are_kept
from hiface_pl.training.slurm import job_id, requeue

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGUSR1)
ASK_EVERY = 20
"""With several processes, how many steps at most pass between two questions whether one of them was told to stop."""
PATIENCE = 2.0
"""And how many seconds, unless a step takes longer: schedulers wait for half a minute at most before they kill."""


class TrainingStopped(HifaceError):  # noqa: N818
    """Training was told to stop and wrote a checkpoint; the exit code is 128 plus the signal's number."""

    teller = Teller.FIRST

    def __init__(self, message: str, signum: int) -> None:
        super().__init__(message)
        self.exit_code = 128 + signum


class StopOnSignal(lightning.Callback):
    """Finishes the batch at hand, writes `interrupted.ckpt` into `folder` and raises TrainingStopped with the command that resumes.

    Before the first batch and at the second Ctrl-C it stops at once, without a checkpoint. A validation under way is left, and run as a
    whole after the resume. SIGUSR1, which `sbatch --signal=USR1@SECONDS` sends before the time is over, puts a SLURM job back into the
    queue; SIGTERM does not, since that is also how a job is cancelled, and a preempted job is requeued by SLURM itself.
    """

    def __init__(self, folder: Path, resume: str = "") -> None:
        self.path = folder / "interrupted.ckpt"
        self.resume = self.again = resume
        self.signum: int | None = None
        self.training = False
        self.first = True
        self.asked, self.next_question = (0, time.monotonic()), 0
        self.process = os.getpid()
        self.former: dict[int, Any] = {}

    @override
    def setup(self, trainer: lightning.Trainer, pl_module: lightning.LightningModule, stage: str) -> None:
        self.first = trainer.is_global_zero
        self.again = f"{self.resume} --ckpt_path {trainer.ckpt_path}" if trainer.ckpt_path else self.resume
        self._register()  # before other callbacks work, and before the trainer looks whether SLURM's signal is taken

    @override
    def on_train_start(self, trainer: lightning.Trainer, pl_module: lightning.LightningModule) -> None:
        self._register()  # the trainer has put its own in place
        self.training = True
        self.asked = (trainer.global_step, time.monotonic())

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
        if not gradients_are_kept(trainer) and self._is_told(trainer):
            self._stop(trainer)

    @override
    def on_validation_batch_start(
        self, trainer: lightning.Trainer, pl_module: lightning.LightningModule, batch: Any, batch_idx: int, dataloader_idx: int = 0
    ) -> None:
        if self.training and trainer.world_size == 1 and self._is_told(trainer):
            self._stop(trainer)

    def _register(self) -> None:
        for signum in SIGNALS:
            handler = signal.signal(signum, self._note)
            if handler != self._note:
                self.former.setdefault(signum, handler)

    def _note(self, signum: int, frame: FrameType | None) -> None:
        if os.getpid() != self.process:  # a loader process, which is started before the training and inherits this
            return
        former = self.former.get(signum)
        if self.training and not (self.signum is not None and signum == signal.SIGINT):
            self.signum = signum
        elif callable(former):
            former(signum, frame)
        else:
            raise self._stopped(signum, "before the first batch; start again with:", self.again)

    def _is_told(self, trainer: lightning.Trainer) -> bool:
        """Whether this process, or, where there are several, any of them was told to stop; all of them get the same answer."""
        if trainer.world_size == 1:
            return self.signum is not None
        if trainer.global_step < self.next_question:
            return False
        told, seconds = self._of_all(trainer)
        self.asked = (trainer.global_step, time.monotonic())
        self.next_question = trainer.global_step + max(1, min(ASK_EVERY, int(PATIENCE / max(seconds, 1e-3))))
        if told:
            self.signum = self.signum or signal.SIGTERM
        return told

    def _of_all(self, trainer: lightning.Trainer) -> tuple[bool, float]:
        """Whether any process was told to stop, and the seconds a step takes in the slowest, since the last question."""
        step, time_then = self.asked
        seconds = (time.monotonic() - time_then) / max(trainer.global_step - step, 1)
        own = torch.tensor([float(self.signum is not None), seconds], device=trainer.strategy.root_device)
        told, slowest = trainer.strategy.reduce(own, reduce_op="max").tolist()
        return bool(told), slowest

    def _stop(self, trainer: lightning.Trainer) -> None:
        trainer.save_checkpoint(self.path)
        how = f"{self.resume} --ckpt_path {self.path}".strip()
        raise self._stopped(self.signum or signal.SIGTERM, f"after step {trainer.global_step}; go on with:", how)

    def _stopped(self, signum: int, when: str, how: str) -> TrainingStopped:
        name = signal.Signals(signum).name
        told = f"stopped by {'Ctrl-C' if name == 'SIGINT' else name} {when} {how}".strip()
        job = job_id()
        if signum == signal.SIGUSR1 and job is not None and self.first:
            failure = requeue(job)
            told += f" (`scontrol requeue {job}` failed: {failure})" if failure else f" (job {job} is back in the queue and does so itself)"
        return TrainingStopped(told, signum)
