"""Samples of two stores as one dataset: faces, and behind them photos."""

from dataclasses import dataclass, replace

import torch
from torch.utils.data import Dataset
from typing_extensions import override

from hiface_pl.data.packed import Packed, PackedFaces
from hiface_pl.data.photos.photo_dataset import PackedPhotos, PhotoDataset, PhotoItem
from hiface_pl.data.synthetic import Item, SyntheticDataset
from hiface_pl.types import FaceBatch, Labels, Seen

AnyItem = Item | PhotoItem


@dataclass(frozen=True)
class PackedMix(Packed):
    """A batch of faces, of photos, or of both."""

    faces: PackedFaces | PackedPhotos | None
    photos: PackedPhotos | None

    @override
    def unpack(self) -> FaceBatch:
        """One batch, faces first; flags say what each sample has."""
        parts = [part.unpack() for part in (self.faces, self.photos) if part is not None]
        return parts[0] if len(parts) == 1 else joined(*parts)


class MixedDataset(Dataset[AnyItem]):
    """Sample i is that of `faces`, from `len(faces)` on that of `photos`. `faces` may be photos themselves."""

    def __init__(self, faces: SyntheticDataset | PhotoDataset, photos: PhotoDataset) -> None:
        self.faces, self.photos = faces, photos

    def __len__(self) -> int:
        return len(self.faces) + len(self.photos)

    def __getitem__(self, index: int) -> AnyItem:
        return self.__getitems__([index])[0]

    def __getitems__(self, indices: list[int]) -> list[AnyItem]:
        """Several samples, faces first whatever the order of their numbers."""
        count = len(self.faces)
        faces: list[AnyItem] = [*self.faces.__getitems__([index for index in indices if index < count])]
        photos = self.photos.__getitems__([index - count for index in indices if index >= count])
        return [*faces, *(replace(item, index=item.index + count) for item in photos)]

    def pack(self, items: list[AnyItem]) -> PackedMix:
        """The batch of these samples in the form that travels: for data loaders."""
        faces = [item for item in items if item.index < len(self.faces)]
        photos = [item for item in items if item.index >= len(self.faces)]
        return PackedMix(
            faces=self.faces.pack(faces) if faces else None,  # type: ignore[arg-type] # they came from there
            photos=self.photos.pack(photos) if photos else None,  # type: ignore[arg-type]
        )


def joined(faces: FaceBatch, photos: FaceBatch) -> FaceBatch:
    """Both batches as one. What only one of them has is zero and flagged unknown in the other."""
    return _like(faces, photos.labels).joined(_like(photos, faces.labels))


def _like(batch: FaceBatch, other: Labels) -> FaceBatch:
    labels, count = batch.labels, len(batch.index)
    if labels.seen is None and other.seen is not None:
        labels = replace(labels, seen=_unseen(other.seen, count))
    if labels.residual is None and other.residual is not None:
        labels = replace(labels, residual=other.residual.new_zeros((count, *other.residual.shape[1:])))
    return replace(batch, labels=labels)


def _unseen(like: Seen, count: int) -> Seen:
    def zeros(values: torch.Tensor) -> torch.Tensor:
        return values.new_zeros((count, *values.shape[1:]))

    return Seen(zeros(like.known), zeros(like.points), zeros(like.certainty), zeros(like.identity))
