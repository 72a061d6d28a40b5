"""Photos of a store as a map-style dataset, and batches of them in the form that travels."""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float, Int, UInt8
from torch import Tensor
from torch.utils.data import Dataset
from typing_extensions import override

from hiface_pl.data.packed import Packed
from hiface_pl.data.photos.photo_record import PhotoFace
from hiface_pl.data.photos.photo_store import PhotoStore
from hiface_pl.data.records import RecordLayout
from hiface_pl.types import Coefficients, FaceBatch, Labels, Pose, Seen


@dataclass(frozen=True)
class PhotoItem:
    """One sample as a worker hands it on: its number in the store and the face."""

    index: int
    face: PhotoFace


@dataclass(frozen=True)
class PackedPhotos(Packed):
    """Photos as bytes and numbers; `layout` says how long the coefficients are that they have no truth of."""

    image: UInt8[Tensor, "b h w 3"]
    skin: Bool[Tensor, "b h w"]
    points: Float[Tensor, "b 468 2"]
    certainty: Float[Tensor, "b 468"]
    identity: Float[Tensor, "b d"]
    age: Float[Tensor, "b 81"]
    index: Int[Tensor, " b"]
    layout: RecordLayout

    @override
    def unpack(self) -> FaceBatch:
        """The batch, float32 on the same device, images in [0, 1]; what networks saw is known, the truth is not."""
        image = self.image.permute(0, 3, 1, 2).to(torch.float32, memory_format=torch.contiguous_format).div_(255)
        return FaceBatch(image=image, labels=self._labels(), index=self.index)

    def _labels(self) -> Labels:
        known = torch.ones(len(self.index), dtype=torch.bool, device=self.index.device)
        sizes = self.layout.sizes
        return Labels(
            has_geometry=~known,
            has_detail=~known,
            has_age=known,
            has_landmarks=~known,
            coefficients=Coefficients(
                identity=self._zeros(sizes["identity"]),
                expression=self._zeros(sizes["expression"]),
                static=self._zeros(sizes["static"]),
                albedo=self._zeros(sizes["albedo"]),
                lighting=self._zeros(9, 3),
                pose=Pose(self._zeros(3), self._zeros(3)),
            ),
            compressed=self._zeros(sizes["compressed"]),
            stretched=self._zeros(sizes["stretched"]),
            age=self.age,
            landmarks=self._zeros(68, 2),
            certainty=self._zeros(68),
            mask=self.skin[:, None].float(),
            seen=Seen(known, self.points, self.certainty, self.identity),
        )

    def _zeros(self, *shape: int) -> Tensor:
        return self.points.new_zeros((len(self.points), *shape))


class PhotoDataset(Dataset[PhotoItem]):
    """Samples of a store of photos. `layout` is that of the synthetic faces that they are trained with."""

    def __init__(self, store: PhotoStore, layout: RecordLayout) -> None:
        self.store, self.layout = store, layout

    def __len__(self) -> int:
        return len(self.store)

    def __getitem__(self, index: int) -> PhotoItem:
        return self.__getitems__([index])[0]

    def __getitems__(self, indices: list[int]) -> list[PhotoItem]:
        """Several samples in one read transaction, as the data loader asks for them."""
        return [PhotoItem(index, face) for index, face in zip(indices, self.store.faces(indices), strict=True)]

    def pack(self, items: list[PhotoItem]) -> PackedPhotos:
        """The batch of these samples in the form that travels: for data loaders."""
        faces = [item.face for item in items]
        return PackedPhotos(
            image=torch.from_numpy(np.stack([face.image for face in faces])),
            skin=torch.from_numpy(np.stack([face.skin for face in faces])),
            points=torch.from_numpy(np.stack([face.landmarks for face in faces])),
            certainty=torch.from_numpy(np.stack([face.certainty for face in faces])),
            identity=torch.from_numpy(np.stack([face.identity for face in faces])),
            age=torch.from_numpy(np.stack([face.age for face in faces])),
            index=torch.tensor([item.index for item in items]),
            layout=self.layout,
        )
