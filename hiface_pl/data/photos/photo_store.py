"""Reads a finished store of photos."""

import lmdb
from typing_extensions import override

from hiface_pl.data.photos.ledger import entries
from hiface_pl.data.photos.photo_meta import MAKER, PhotoMeta, read_photo_meta
from hiface_pl.data.photos.photo_record import PhotoFace, open_face
from hiface_pl.data.photos.report import PhotoReport
from hiface_pl.data.store_reader import StoreReader


class PhotoStore(StoreReader[PhotoMeta]):
    """Faces of photos, each checked when it is read."""

    maker = f"{MAKER} PHOTOS"

    @override
    def _meta_of(self, environment: lmdb.Environment) -> PhotoMeta | None:
        return read_photo_meta(environment, self.path)

    def __len__(self) -> int:
        return self.meta.count

    def faces(self, indices: list[int]) -> list[PhotoFace]:
        """These samples, read in one transaction. Raises StoreError with the number of one that is missing or corrupt."""
        found = zip(self._values(indices), indices, strict=True)
        return [open_face(record, f"sample {index} of the store {self.path}") for record, index in found]

    def read(self, index: int) -> PhotoFace:
        """One sample."""
        return self.faces([index])[0]

    def report(self) -> PhotoReport:
        """What the store was made from, and what was left out."""
        return PhotoReport.of(entries(self._unchanged()))
