"""The network that `--checkpoint` names, for commands that measure it."""

from pathlib import Path

from rich.console import Console

from hiface_pl.face_models.derive import building_is_told_to
from hiface_pl.pretrained import shipped_model
from hiface_pl.reconstructor import Reconstructor
from hiface_pl.training.loading import load_reconstructor

SHIPPED = "shipped"
"""The network that comes with the package."""


def named_weights(name: str) -> Path:
    """The file of weights: the package's own for `shipped`. Raises CheckpointError where that is missing."""
    return shipped_model() if name == SHIPPED else Path(name)


def load_named(weights: Path, console: Console) -> Reconstructor:
    """Loads it and tells on the console what that is waiting for. Raises CheckpointError, FaceModelError or AssetError."""
    status = console.status(f"loading {weights}")
    with status, building_is_told_to(lambda done, of: status.update(f"preparing the face model, this once: {done} of {of}")):
        return load_reconstructor(weights)
