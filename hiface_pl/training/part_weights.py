"""Weights of one part of a stored reconstructor become those of a part of another."""

from torch import nn

from hiface_pl.errors import CheckpointError, ConfigError
from hiface_pl.training.stored import StoredReconstructor


def copy_part(stored: StoredReconstructor, source: str, network: nn.Module, target: str) -> None:
    """Copies `source` of the stored weights into `target` of a reconstructor: attribute paths, such as `encoder` and `encoder.coarse`.

    Raises CheckpointError where a weight is missing or does not fit, ConfigError where the network has no such part.
    """
    try:
        part = network.get_submodule(target)
    except AttributeError as error:
        raise ConfigError(f"the reconstructor has no part {target} to start from {stored.path}: correct the target") from error
    start = f"{source}."
    weights = {name.removeprefix(start): value for name, value in stored.weights.items() if name.startswith(start)}
    try:
        part.load_state_dict(weights)
    except RuntimeError as error:
        reason = " ".join(str(error).split())[:200]
        raise CheckpointError(
            f"{source} of {stored.path} does not fit {target} ({reason}): name the checkpoint of such a network"
        ) from error
