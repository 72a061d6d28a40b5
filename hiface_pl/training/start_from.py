"""A training that starts from parts of another one's network."""

from pathlib import Path

from lightning.pytorch import Callback, LightningModule, Trainer
from torch import Tensor, nn
from typing_extensions import override

from hiface_pl.errors import CheckpointError, ConfigError
from hiface_pl.training.loading import PREFIX, read_stored


class StartFrom(Callback):
    """Copies the weights of one part of a stored reconstructor (checkpoint or weight file) into a part of the one to be trained.

    `source` and `target` are attribute paths in the reconstructor, such as `encoder` and `encoder.coarse`. Runs before the optimiser is
    made; a resumed fit then takes its own checkpoint. Raises CheckpointError where a weight is missing or does not fit, ConfigError where
    the network has no such part.
    """

    def __init__(self, checkpoint: Path, source: str, target: str) -> None:
        self.checkpoint = Path(checkpoint)
        self.source = source
        self.target = target

    @override
    def setup(self, trainer: Trainer, pl_module: LightningModule, stage: str) -> None:
        if stage == "fit":
            self._load(self._part(pl_module), self._weights())

    def _part(self, module: LightningModule) -> nn.Module:
        try:
            return module.get_submodule(f"{PREFIX}{self.target}")
        except AttributeError as error:
            raise ConfigError(
                f"the reconstructor has no part {self.target} to start from {self.checkpoint}: correct StartFrom.target"
            ) from error

    def _weights(self) -> dict[str, Tensor]:
        start = f"{self.source}."
        stored = read_stored(self.checkpoint).weights
        return {name.removeprefix(start): value for name, value in stored.items() if name.startswith(start)}

    def _load(self, part: nn.Module, weights: dict[str, Tensor]) -> None:
        try:
            part.load_state_dict(weights)
        except RuntimeError as error:
            reason = " ".join(str(error).split())[:200]
            raise CheckpointError(
                f"{self.source} of {self.checkpoint} does not fit {self.target} ({reason}): name the checkpoint of such a network"
            ) from error
