"""Synthetic samples as a map-style dataset, and batches of them as FaceBatch."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch.utils.data import Dataset

from hiface_pl.data.packed import PackedFaces
from hiface_pl.data.records import OpenRecord
from hiface_pl.data.store import SampleStore
from hiface_pl.synthesis.sample import Pixel
from hiface_pl.types import FaceBatch


@dataclass(frozen=True)
class Item:
    """One sample as a worker hands it on: its number in the store, RGB bytes, skin mask, float block and what lies beyond the bases."""

    index: int
    image: np.ndarray
    skin: np.ndarray
    numbers: np.ndarray
    residual: np.ndarray | None = None


class SyntheticDataset(Dataset[Item]):
    """Samples of a store."""

    def __init__(self, store: SampleStore | Path) -> None:
        self.store = store if isinstance(store, SampleStore) else SampleStore(store)

    def __len__(self) -> int:
        return len(self.store)

    def person(self, index: int) -> int:
        """Which person a sample shows."""
        return self.store.person(index)

    def __getitem__(self, index: int) -> Item:
        return self.__getitems__([index])[0]

    def __getitems__(self, indices: list[int]) -> list[Item]:
        """Several samples in one read transaction, as the data loader asks for them."""
        records = self.store.open_records(indices)
        return [_item(record, index) for record, index in zip(records, indices, strict=True)]

    def pack(self, items: list[Item]) -> PackedFaces:
        """The batch of these samples in the form that travels: for data loaders."""
        residuals = [item.residual for item in items if item.residual is not None]
        return PackedFaces(
            image=torch.from_numpy(np.stack([item.image for item in items])),
            skin=torch.from_numpy(np.stack([item.skin for item in items])),
            numbers=torch.from_numpy(np.stack([item.numbers for item in items])),
            index=torch.tensor([item.index for item in items]),
            layout=self.store.layout,
            residual=torch.from_numpy(np.stack(residuals)) if residuals else None,
        )

    def collate(self, items: list[Item]) -> FaceBatch:
        """The batch of these samples, float32, images in [0, 1]."""
        return self.pack(items).unpack()


def _item(record: OpenRecord, index: int) -> Item:
    return Item(index, record.image(), record.parts() == Pixel.SKIN, record.numbers, record.residual())
