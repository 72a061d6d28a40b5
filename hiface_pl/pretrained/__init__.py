"""Trained networks that come with the package: weight files of `hiface-pl export`, each with a card of the same name in JSON."""

from pathlib import Path

from hiface_pl.errors import CheckpointError

SHIPPED = Path(__file__).parent / "mini.safetensors"


def shipped_model() -> Path:
    """The weight file that photos are reconstructed with where no other is named. Raises CheckpointError where the package has none."""
    if not SHIPPED.is_file():
        raise CheckpointError(
            f"this copy of hiface-pl comes without its trained network ({SHIPPED} is missing): name one with --checkpoint, "
            "which `hiface-pl fit` or `make demo` make, or fetch the package again"
        )
    return SHIPPED
