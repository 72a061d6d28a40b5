"""Synthetic faces for LightningCLI: three stores, one batch size."""

import os
from pathlib import Path

from torch.utils.data import DataLoader

from hiface_pl.data.augment import Augmentation
from hiface_pl.data.order import EpochOrder, EvenShares
from hiface_pl.data.packed import Packed
from hiface_pl.data.resumable import ResumableData, ResumableLoader
from hiface_pl.data.store import SampleStore
from hiface_pl.data.store_meta import synth_command
from hiface_pl.data.synthetic import Item, SyntheticDataset
from hiface_pl.errors import StoreError
from hiface_pl.face_models.face_assets import FaceAssets
from hiface_pl.types import FaceBatch

PAPER_COUNTS = {"train": 200_000, "val": 2_000, "test": 2_000}
MINI_COUNTS = {"train": 20_000, "val": 500, "test": 500}
MINI_SIZE = 112
SMALL = "try the method small with `make demo` (its network and sizes: add `--config experiments/scale/mini.yaml`)"


class SyntheticFaces(ResumableData):
    """Training, validation and test stores of `hiface-pl data synth`. Paper: 200K synthetic images.

    Stores are opened in `setup`, which raises StoreError with the command that makes a missing one, and for stores of another image size or
    face model. `augment` changes training batches after they reached the device. `seed` gives order and augmentation, None takes
    `seed_everything`'s. `batch_size` counts the samples of one process, `workers` the processes that read for it.
    """

    def __init__(
        self,
        train: Path,
        val: Path,
        test: Path,
        image_size: int,
        batch_size: int = 64,
        workers: int = 1,
        augment: bool = True,
        seed: int | None = None,
    ) -> None:
        super().__init__()
        self.stores = {"train": Path(train), "val": Path(val), "test": Path(test)}
        self.image_size, self.batch_size, self.workers = image_size, batch_size, workers
        self.seed = int(os.environ.get("PL_GLOBAL_SEED", "0")) if seed is None else seed
        self.augmentation = Augmentation(seed=self.seed) if augment else None
        self.datasets: dict[str, SyntheticDataset] = {}

    def setup(self, stage: str | None = None) -> None:
        """Opens the stores that `stage` needs."""
        splits = {"fit": ("train", "val"), "validate": ("val",), "test": ("test",), "predict": ("test",)}.get(
            stage or "", tuple(self.stores)
        )
        reconstructor = getattr(getattr(self.trainer, "lightning_module", None), "reconstructor", None)
        for split in splits:
            if split not in self.datasets:
                self.datasets[split] = self._opened(split)
            if reconstructor is not None:
                self.datasets[split].store.require(assets=reconstructor.assets)

    def require_face_model(self, assets: FaceAssets) -> None:
        """Raises StoreError if an opened store was made with another face model or other bases."""
        for dataset in self.datasets.values():
            dataset.store.require(assets=assets)

    def new_order(self) -> EpochOrder:
        """Shuffled, full batches only."""
        return EpochOrder(len(self.datasets["train"]), self.batch_size, self.seed, self.rank, self.world)

    def train_dataloader(self) -> DataLoader[Item]:
        """Shuffled, full batches only, from where training is to go on."""
        dataset = self.datasets["train"]
        return ResumableLoader(dataset, self.train_order(), dataset.pack, self.workers)

    def val_dataloader(self) -> DataLoader[Item]:
        """In store order."""
        return self._measured("val")

    def test_dataloader(self) -> DataLoader[Item]:
        """In store order."""
        return self._measured("test")

    def predict_dataloader(self) -> DataLoader[Item]:
        """This process's share of the test store, in order. The trainer wraps the batches of such loaders, so they are made of samples."""
        dataset = self.datasets["test"]
        share = [index for batch in EvenShares(len(dataset), self.batch_size, self.rank, self.world) for index in batch]
        return DataLoader(dataset, sampler=share, batch_size=self.batch_size, num_workers=self.workers, collate_fn=dataset.pack)

    def on_after_batch_transfer(self, batch: Packed, dataloader_idx: int) -> FaceBatch:  # noqa: ARG002
        """Unpacks batches on their device, and augments those of training: one sweep over the batch, the same for any number of workers."""
        faces = batch.unpack()
        if self.augmentation is None or self.trainer is None or not self.trainer.training:
            return faces
        return self.augmentation(faces, self.trainer.current_epoch)

    def _opened(self, split: str) -> SyntheticDataset:
        path = self.stores[split]
        if not path.exists():
            raise StoreError(missing_store(path, split, self.image_size))
        store = SampleStore(path)
        store.require(image_size=self.image_size)
        return SyntheticDataset(store)

    def _measured(self, split: str) -> DataLoader[Item]:
        dataset = self.datasets[split]
        shares = EvenShares(len(dataset), self.batch_size, self.rank, self.world)
        return ResumableLoader(dataset, shares, dataset.pack, self.workers)


def missing_store(path: Path, split: str, image_size: int) -> str:
    """What to say about a store that is not there: the command that makes it, and how to try the same small."""
    count = MINI_COUNTS[split] if image_size == MINI_SIZE else PAPER_COUNTS[split]
    command = f"{synth_command(count, image_size, split)} --out {path}"
    return f"there is no {split} store {path}: make it with `{command}`, or {SMALL}"
