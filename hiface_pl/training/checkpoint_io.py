"""How the trainer reads and writes checkpoints: whole or not at all, and never executing what a file holds."""

from pathlib import Path
from typing import Any

import torch
from lightning.fabric.plugins.io.checkpoint_io import CheckpointIO
from typing_extensions import override

from hiface_pl.paths import replacing
from hiface_pl.training.checkpoint import read_checkpoint


class WholeFiles(CheckpointIO):
    """Writes to a temporary name first, so that a full disk or a killed process leaves the former checkpoint as it was."""

    @override
    def save_checkpoint(self, checkpoint: dict[str, Any], path: str | Path, storage_options: Any = None) -> None:
        with replacing(Path(path)) as temporary:
            torch.save(checkpoint, temporary)

    @override
    def load_checkpoint(self, path: str | Path, map_location: Any = "cpu", weights_only: bool | None = None) -> dict[str, Any]:
        return read_checkpoint(Path(path))

    @override
    def remove_checkpoint(self, path: str | Path) -> None:
        Path(path).unlink(missing_ok=True)
