"""Hybrid training: synthetic faces with ground truth and photos without, in every batch."""

from pathlib import Path
from typing import Any

from torch.utils.data import DataLoader
from typing_extensions import override

from hiface_pl.data.datamodule import SyntheticFaces
from hiface_pl.data.mixed import MixedDataset
from hiface_pl.data.mixed_order import MixedOrder, MixedShares
from hiface_pl.data.order import EpochOrder
from hiface_pl.data.photos.photo_dataset import PhotoDataset
from hiface_pl.data.photos.photo_meta import MAKER
from hiface_pl.data.photos.photo_store import PhotoStore
from hiface_pl.data.resumable import ResumableLoader
from hiface_pl.data.synthetic import SyntheticDataset
from hiface_pl.errors import ConfigError, StoreError


class MixedFaces(SyntheticFaces):
    """`SyntheticFaces` and photos of `hiface-pl data prepare`. Paper: 200K synthetic images and 400K photos.

    `photos` is the training store of photos, null for none, `photos_share` their share of every batch of every process, and so of all that
    is trained on; an epoch is one pass over the synthetic faces. `photos_val` are held-out people, measured in validations as
    `val/photo_*`.

    `hide_labels` trains on the synthetic images as if they were photos: they are read from `seen`, which `hiface-pl data prepare TRAIN`
    makes of the training store, with what networks saw in the place of what is known. Paper: `w/o Syn. Data` keeps the images and hides
    their labels.
    """

    def __init__(
        self,
        train: Path,
        val: Path,
        test: Path,
        image_size: int,
        photos: Path | None = None,
        photos_val: Path | None = None,
        photos_share: float = 2 / 3,
        hide_labels: bool = False,
        seen: Path | None = None,
        batch_size: int = 64,
        workers: int = 1,
        augment: bool = True,
        seed: int | None = None,
    ) -> None:
        super().__init__(train, val, test, image_size, batch_size, workers, augment, seed)
        if hide_labels and seen is None:
            raise ConfigError("data.hide_labels needs data.seen: a store that `hiface-pl data prepare` makes of the training store")
        self.photo_stores = {"train": photos, "val": photos_val}
        self.photos_share = photos_share
        self.seen = seen if hide_labels else None
        self.photos: dict[str, PhotoDataset] = {}
        self.hidden: PhotoDataset | None = None

    @override
    def setup(self, stage: str | None = None) -> None:
        """Opens the stores that `stage` needs. Raises StoreError with the command that makes a missing one."""
        super().setup(stage)
        for split, path in self.photo_stores.items():
            if split in self.datasets and path is not None and split not in self.photos:
                self.photos[split] = self._photos(path, f"hiface-pl data prepare PHOTOS --people --image-size {self.image_size}")
        if "train" in self.datasets and self.seen is not None and self.hidden is None:
            self.hidden = self._photos(self.seen, hidden_command(self.stores["train"], self.image_size))

    @override
    def new_order(self) -> EpochOrder:
        faces = len(self._faces)
        if "train" not in self.photos:
            return EpochOrder(faces, self.batch_size, self.seed, self.rank, self.world)
        return MixedOrder(faces, len(self.photos["train"]), self.batch_size, self.photos_share, self.seed, self.rank, self.world)

    @override
    def train_dataloader(self) -> DataLoader[Any]:
        faces: Any = self._faces
        dataset: Any = MixedDataset(faces, self.photos["train"]) if "train" in self.photos else faces
        return ResumableLoader(dataset, self.train_order(), dataset.pack, self.workers)

    @override
    def val_dataloader(self) -> DataLoader[Any]:
        """The synthetic faces in store order, then the photos."""
        if "val" not in self.photos:
            return super().val_dataloader()
        mixed = MixedDataset(self.datasets["val"], self.photos["val"])
        shares = MixedShares(len(mixed.faces), len(mixed.photos), self.batch_size, self.rank, self.world)
        return ResumableLoader(mixed, shares, mixed.pack, self.workers)

    @property
    def _faces(self) -> SyntheticDataset | PhotoDataset:
        return self.datasets["train"] if self.hidden is None else self.hidden

    def _photos(self, path: Path, command: str) -> PhotoDataset:
        if not path.exists():
            raise StoreError(f"there is no store of photos {path}: make it with `{command} --out {path}`, or set it to null under data")
        store = PhotoStore(path)
        if store.meta.image_size != self.image_size:
            raise StoreError(
                f"the store {path} holds photos of {store.meta.image_size} px, asked for are {self.image_size} px: make another one with "
                f"`{MAKER}` and --image-size {self.image_size}"
            )
        return PhotoDataset(store, next(iter(self.datasets.values())).store.layout)


def hidden_command(train: Path, image_size: int) -> str:
    """The command that looks at the images of a synthetic store as if they were photos, but for its --out."""
    return f"{MAKER} {train} --image-size {image_size} --sharp 0"
