"""Starting from the network that comes with the package."""

from pathlib import Path

from typing_extensions import override

from hiface_pl.pretrained import shipped_model
from hiface_pl.training.starts.base import Start


class FromShipped(Start):
    """Takes parts of the shipped network. Our choice, for small scales: the minutes of a training then measure what its row changes."""

    @property
    @override
    def origin(self) -> str:
        return "shipped"

    @override
    def path(self, runs: Path, scale: str) -> Path:
        return shipped_model()
