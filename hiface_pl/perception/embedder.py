"""Frozen networks that turn an aligned face into a vector."""

from abc import ABC, abstractmethod

from jaxtyping import Float
from torch import Tensor, nn

from hiface_pl.perception.face_chip import ChipLayout


class Embedder(nn.Module, ABC):
    """Takes faces cut as `layout` says. Gradients flow to the pixels, never to the weights: they are buffers, not parameters."""

    layout: ChipLayout
    """How the network wants a face to be cut: `face_chip.face_chips` does it."""

    @abstractmethod
    def forward(self, images: Float[Tensor, "b 3 h w"]) -> Float[Tensor, "b d"]:
        """RGB in [0, 1], sRGB, of any size; resized to what the network was trained on where that differs."""
