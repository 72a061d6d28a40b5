"""The one way from a file of weights to a network, whichever kind of file it is."""

from pathlib import Path

from hiface_pl.reconstructor import Reconstructor
from hiface_pl.training.checkpoint import read_checkpoint, record_of
from hiface_pl.training.stored import StoredReconstructor
from hiface_pl.training.weight_file import is_weight_file, read_weight_file

PREFIX = "reconstructor."


def load_reconstructor(path: Path) -> Reconstructor:
    """Rebuilds the network of a training checkpoint or a weight file, in evaluation mode on the CPU, from the file and its face model.

    Raises CheckpointError for files that hold no such network, or one that this version computes differently; FaceModelError or AssetError
    where the face model cannot be had.
    """
    return read_stored(path).network()


def read_stored(path: Path) -> StoredReconstructor:
    """What a training checkpoint (its averaged weights, where it has any) or a weight file holds, told by content, not by name.

    Raises CheckpointError for anything else.
    """
    return read_weight_file(path) if is_weight_file(path) else _of_checkpoint(path)


def _of_checkpoint(path: Path) -> StoredReconstructor:
    content = read_checkpoint(path)
    weights = {name.removeprefix(PREFIX): value for name, value in content["state_dict"].items() if name.startswith(PREFIX)}
    return StoredReconstructor(path, record_of(content, path), weights, step=content.get("global_step"))
