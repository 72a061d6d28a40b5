"""A training that starts from parts of another one's network."""

from pathlib import Path

from lightning.pytorch import Callback, LightningModule, Trainer
from typing_extensions import override

from hiface_pl.training.loading import read_stored
from hiface_pl.training.part_weights import copy_part


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
            copy_part(read_stored(self.checkpoint), self.source, pl_module.get_submodule("reconstructor"), self.target)
