"""The sample store: an LMDB folder of checked records with one JSON entry that says how they were made."""

from collections.abc import Iterable
from dataclasses import replace
from functools import cached_property

import lmdb
from typing_extensions import override

from hiface_pl.data.records import OpenRecord, RecordLayout
from hiface_pl.data.store_file import read_meta
from hiface_pl.data.store_meta import StoreMeta
from hiface_pl.data.store_reader import StoreReader
from hiface_pl.errors import StoreError
from hiface_pl.face_models.derive import VERSION as BASES
from hiface_pl.face_models.face_assets import FaceAssets
from hiface_pl.synthesis.sample import SyntheticSample


class SampleStore(StoreReader[StoreMeta]):
    """Reads a finished store of synthetic faces."""

    maker = "hiface-pl data synth"

    @override
    def _meta_of(self, environment: lmdb.Environment) -> StoreMeta | None:
        return read_meta(environment, self.path)

    def __len__(self) -> int:
        return self.meta.count

    @cached_property
    def layout(self) -> RecordLayout:
        """How the records are laid out."""
        return self.meta.layout

    def person(self, index: int) -> int:
        """Which person sample `index` shows: 0, 1, ... of this store's split and seed. People of different splits are never the same."""
        return self.meta.person(index)

    def require(self, *, image_size: int | None = None, assets: FaceAssets | None = None) -> None:
        """Raises StoreError unless the store's image size, face model and bases are these."""
        if image_size is not None and image_size != self.meta.image_size:
            wanted = replace(self.meta, image_size=image_size).command
            raise StoreError(
                f"the store {self.path} holds images of {self.meta.image_size} px, asked for are {image_size} px: "
                f"set image_size to {self.meta.image_size}, or make another store with `{wanted} --out OTHER`"
            )
        if assets is not None and assets.model.fingerprint != self.meta.fingerprint:
            raise StoreError(
                f"the store {self.path} was made with the face model {self.meta.face_model} ({self.meta.fingerprint}), not with "
                f"{assets.model.name} ({assets.model.fingerprint}): make another store with `{self.meta.command} --out OTHER`"
            )
        if assets is not None and self.meta.bases != BASES:
            raise StoreError(
                f"the store {self.path} was made with other displacement or albedo bases than this version derives from "
                f"{self.meta.face_model}: remove it and make it again with `{self.meta.command} --out {self.path}`"
            )

    def open_records(self, indices: Iterable[int]) -> list[OpenRecord]:
        """Checked records of these samples. Raises StoreError with the index of one that is missing or corrupt."""
        numbers = list(indices)
        places = (f"sample {index} of the store {self.path}" for index in numbers)
        return [self.layout.open(record, place) for record, place in zip(self._values(numbers), places, strict=True)]

    def read(self, index: int, *, depth: bool = True) -> SyntheticSample:
        """One sample."""
        return self.open_records([index])[0].sample(index, depth=depth)
