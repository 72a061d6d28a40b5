"""A batch as loader processes hand it on: bytes and one block of numbers, a quarter of the size of what the network takes.

It crosses to the training process and to the device like this and is unpacked there.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TypeVar

import torch
from jaxtyping import Bool, Float, Int, UInt8
from torch import Tensor
from typing_extensions import override

from hiface_pl.data.age import age_distribution
from hiface_pl.data.records import RecordLayout
from hiface_pl.types import Coefficients, FaceBatch, Labels, Pose, TensorRecord

AnyPacked = TypeVar("AnyPacked", bound="Packed")


@dataclass(frozen=True)
class Packed(TensorRecord, ABC):
    """Samples in the form that travels."""

    def pin_memory(self: AnyPacked) -> AnyPacked:
        """The same samples in memory from which a device can copy by itself; the data loader asks for it."""
        return self._map(lambda tensor: tensor.pin_memory())

    @abstractmethod
    def unpack(self) -> FaceBatch:
        """The batch, float32 on the same device, images in [0, 1]."""


@dataclass(frozen=True)
class PackedFaces(Packed):
    """Samples of a store: RGB bytes, skin masks, float blocks laid out by `layout`, and numbers in the store.

    `residual` are the maps' parts beyond the bases, where the store has such.
    """

    image: UInt8[Tensor, "b h w 3"]
    skin: Bool[Tensor, "b h w"]
    numbers: Float[Tensor, "b f"]
    index: Int[Tensor, " b"]
    layout: RecordLayout
    residual: Float[Tensor, "b 3 n"] | None = None

    @override
    def unpack(self) -> FaceBatch:
        """The batch, float32 on the same device, images in [0, 1]."""
        image = self.image.permute(0, 3, 1, 2).to(torch.float32, memory_format=torch.contiguous_format).div_(255)
        return FaceBatch(image=image, labels=self._labels(), index=self.index)

    def _labels(self) -> Labels:
        """Landmarks have certainty 1: they are exact even where they are hidden.

        The age label is that of the wrinkles, since it teaches the static coefficients. Our choice.
        """
        numbers = self.numbers
        known = torch.ones(len(numbers), dtype=torch.bool, device=numbers.device)
        part = {name: numbers[:, columns] for name, columns in self.layout.columns.items()}
        return Labels(
            has_geometry=known,
            has_detail=known.clone(),
            has_age=known.clone(),
            has_landmarks=known.clone(),
            coefficients=Coefficients(
                identity=part["identity"],
                expression=part["expression"],
                static=part["static"],
                albedo=part["albedo"],
                lighting=part["lighting"].reshape(-1, 9, 3),
                pose=Pose(part["rotation"], part["translation"]),
            ),
            compressed=part["compressed"],
            stretched=part["stretched"],
            age=age_distribution(part["detail_age"][:, 0]),
            landmarks=part["landmarks"].reshape(-1, 68, 2),
            certainty=torch.ones(len(numbers), 68, device=numbers.device),
            mask=self.skin[:, None].float(),
            residual=None if self.residual is None else self.residual.float(),
        )
