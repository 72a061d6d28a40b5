"""An exponential moving average of the weights: what is validated and what a checkpoint's user gets."""

from typing import Any

import lightning
import torch
from torch import Tensor
from typing_extensions import override

CURRENT = "current_state"


class AveragedWeights(lightning.Callback):
    """Keeps averages of the learned weights and of the batch statistics, and swaps them in for validation.

    Our choice: worth several times the steps on runs of minutes. The average of step n has decay min(`decay`, (1 + n) / (10 + n)), so that
    it does not remember the start. Checkpoints carry the averages as `state_dict` and the weights to go on training with beside them.
    Unlike Lightning's own callback it leaves alone what is not learned: the face model's buffers are many times larger than the network.
    """

    def __init__(self, decay: float = 0.998) -> None:
        self.decay = decay
        self.steps = 0
        self.average: dict[str, Tensor] = {}
        self.swapped = False

    @override
    def on_train_start(self, trainer: lightning.Trainer, pl_module: lightning.LightningModule) -> None:
        if not self.average:
            self.average = {name: value.clone() for name, value in _learned(pl_module).items()}
        device = pl_module.device
        self.average = {name: value.to(device) for name, value in self.average.items()}

    @override
    @torch.no_grad()
    def on_train_batch_end(
        self, trainer: lightning.Trainer, pl_module: lightning.LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        if trainer.global_step == self.steps:
            return
        self.steps = trainer.global_step
        decay = min(self.decay, (1 + self.steps) / (10 + self.steps))
        current = _learned(pl_module)
        torch._foreach_lerp_([self.average[name] for name in current], list(current.values()), 1 - decay)

    @override
    def on_validation_start(self, trainer: lightning.Trainer, pl_module: lightning.LightningModule) -> None:
        if self.average and trainer.state.fn == "fit":
            self._swap(pl_module)

    @override
    def on_validation_end(self, trainer: lightning.Trainer, pl_module: lightning.LightningModule) -> None:
        if self.swapped and trainer.state.fn == "fit":
            self._swap(pl_module)

    @override
    def on_fit_end(self, trainer: lightning.Trainer, pl_module: lightning.LightningModule) -> None:
        if self.average and not self.swapped:
            self._swap(pl_module)

    @override
    def on_save_checkpoint(self, trainer: lightning.Trainer, pl_module: lightning.LightningModule, checkpoint: dict[str, Any]) -> None:
        if not self.average:
            return
        stored = checkpoint["state_dict"]
        kept = {name: stored[name] for name in self.average}
        averaged, current = (kept, self.average) if self.swapped else (self.average, kept)
        checkpoint["state_dict"] = stored | averaged
        checkpoint[CURRENT] = dict(current)

    @override
    def on_load_checkpoint(self, trainer: lightning.Trainer, pl_module: lightning.LightningModule, checkpoint: dict[str, Any]) -> None:
        if trainer.state.fn == "fit" and CURRENT in checkpoint:
            self.average = {name: checkpoint["state_dict"][name].clone() for name in checkpoint[CURRENT]}
            pl_module.load_state_dict(checkpoint[CURRENT], strict=False)
        self.steps = checkpoint["global_step"]

    @torch.no_grad()
    def _swap(self, module: lightning.LightningModule) -> None:
        for name, value in _learned(module).items():
            kept = value.clone()
            value.copy_(self.average[name])
            self.average[name].copy_(kept)
        self.swapped = not self.swapped


def _learned(module: lightning.LightningModule) -> dict[str, Tensor]:
    """Weights and batch statistics: every floating-point entry that checkpoints carry."""
    return {name: value for name, value in module.state_dict().items() if value.is_floating_point()}
