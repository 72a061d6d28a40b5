"""Synthetic samples as a map-style dataset, and batches of them as FaceBatch."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from hiface_pl.data.age import age_distribution
from hiface_pl.data.records import OpenRecord, RecordLayout
from hiface_pl.data.store import SampleStore
from hiface_pl.synthesis.sample import Pixel
from hiface_pl.types import Coefficients, FaceBatch, Labels, Pose


@dataclass(frozen=True)
class Item:
    """One sample as a worker hands it on: its number in the store, RGB bytes, skin mask and the record's float block."""

    index: int
    image: np.ndarray
    skin: np.ndarray
    numbers: np.ndarray


class SyntheticDataset(Dataset[Item]):
    """Samples of a store. With `hide_labels` batches say that they know nothing but image and skin. Our choice for `w/o Syn. Data`."""

    def __init__(self, store: SampleStore | Path, *, hide_labels: bool = False) -> None:
        self.store = store if isinstance(store, SampleStore) else SampleStore(store)
        self.hide_labels = hide_labels

    def __len__(self) -> int:
        return len(self.store)

    def __getitem__(self, index: int) -> Item:
        return self.__getitems__([index])[0]

    def __getitems__(self, indices: list[int]) -> list[Item]:
        """Several samples in one read transaction, as the data loader asks for them."""
        records = self.store.open_records(indices)
        return [_item(record, index) for record, index in zip(records, indices, strict=True)]

    def collate(self, items: list[Item]) -> FaceBatch:
        """The batch of these samples, float32, images in [0, 1]."""
        images = torch.from_numpy(np.stack([item.image for item in items]))
        skin = torch.from_numpy(np.stack([item.skin for item in items]))
        numbers = torch.from_numpy(np.stack([item.numbers for item in items]))
        return FaceBatch(
            image=images.permute(0, 3, 1, 2).to(torch.float32, memory_format=torch.contiguous_format).div_(255),
            labels=labels_of(numbers, skin, self.store.layout, hide=self.hide_labels),
            index=torch.tensor([item.index for item in items]),
        )


def labels_of(numbers: Tensor, skin: Tensor, layout: RecordLayout, *, hide: bool = False) -> Labels:
    """Labels from float blocks (b, f) and skin masks (b, h, w). Landmarks have certainty 1: they are exact even where they are hidden.

    The age label is that of the wrinkles, since it teaches the static coefficients. Our choice.
    """
    if hide:
        numbers = torch.zeros_like(numbers)
    known = torch.full((len(numbers),), not hide)
    part = {name: numbers[:, columns] for name, columns in layout.columns.items()}
    age = torch.from_numpy(age_distribution(part["detail_age"][:, 0].numpy()))
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
        age=torch.zeros_like(age) if hide else age,
        landmarks=part["landmarks"].reshape(-1, 68, 2),
        certainty=torch.full((len(numbers), 68), 0.0 if hide else 1.0),
        mask=skin[:, None].float(),
    )


def _item(record: OpenRecord, index: int) -> Item:
    return Item(index, record.image(), record.parts() == Pixel.SKIN, record.numbers)
