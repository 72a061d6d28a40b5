"""The loss interface: one value a sample, and which samples it speaks of."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

from jaxtyping import Bool, Float
from torch import Tensor, nn

from hiface_pl.face_models.face_assets import FaceAssets
from hiface_pl.types import FaceBatch, Reconstruction, TensorRecord, Wanted


@dataclass(frozen=True)
class LossTerm(TensorRecord):
    """`value` of each sample and whether the sample has what the term needs; values of the others are ignored."""

    value: Float[Tensor, " b"]
    valid: Bool[Tensor, " b"]


class Loss(nn.Module, ABC):
    """One weighted term. The bundle averages `value` over the valid samples and multiplies by `weight`.

    `needs` says what the term reads of a reconstruction besides coefficients, landmarks and ages: a training step makes nothing else.
    """

    needs: ClassVar[Wanted] = Wanted.FACE

    def __init__(self, weight: float = 1.0) -> None:
        super().__init__()
        self.weight = weight

    def bind(self, assets: FaceAssets) -> None:
        """Registers what the term reads from the face model. Nothing by default."""

    @abstractmethod
    def forward(self, reconstruction: Reconstruction, batch: FaceBatch) -> LossTerm:
        """The unreduced, unweighted term."""
