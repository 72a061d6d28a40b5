"""A network that a loss looks through."""

from collections.abc import Callable

from torch import Tensor, nn
from typing_extensions import override


class FrozenNetwork(nn.Module):
    """Moves between devices with the module that holds it and is no part of it otherwise.

    It stays in evaluation, has no parameters to train, average or synchronise, and nothing of it is in a checkpoint, whatever kind of
    module it is.
    """

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self._held = [network.eval().requires_grad_(requires_grad=False)]

    @override
    def forward(self, images: Tensor) -> Tensor:
        result: Tensor = self._held[0](images)
        return result

    @override
    def _apply(self, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> "FrozenNetwork":
        self._held[0]._apply(fn)  # noqa: SLF001 - what torch calls on children
        super()._apply(fn, recurse)
        return self
