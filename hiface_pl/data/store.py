"""The sample store: an LMDB folder of checked records with one JSON entry that says how they were made."""

from collections.abc import Iterable
from dataclasses import replace
from functools import cached_property
from pathlib import Path

import lmdb

from hiface_pl.data.handles import Stamp, opened, stamp_of
from hiface_pl.data.records import OpenRecord, RecordLayout, bases_digest
from hiface_pl.data.store_file import key_of, partial_folder, read_meta
from hiface_pl.data.store_meta import StoreMeta
from hiface_pl.errors import StoreError
from hiface_pl.face_models.face_assets import FaceAssets
from hiface_pl.synthesis.sample import SyntheticSample


class SampleStore:
    """Reads a finished store. Instances hold no open file, so they may travel to workers.

    Raises StoreError where the store is missing, unfinished, cut short or not one of ours, and later, where another one took its place.
    """

    def __init__(self, path: Path) -> None:
        self.path = Path(path)
        self._stamp: Stamp | None = None
        self.meta = self._read_meta()

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
        if assets is not None and bases_digest(assets) != self.meta.bases:
            raise StoreError(
                f"the store {self.path} was made with other displacement or albedo bases than this version derives from "
                f"{self.meta.face_model}: remove it and make it again with `{self.meta.command} --out {self.path}`"
            )

    def open_records(self, indices: Iterable[int]) -> list[OpenRecord]:
        """Checked records of these samples. Raises StoreError with the index of one that is missing or corrupt."""
        with self._unchanged().begin(buffers=False) as transaction:
            return [self._checked(transaction.get(key_of(index)), index) for index in indices]

    def read(self, index: int, *, depth: bool = True) -> SyntheticSample:
        """One sample."""
        return self.open_records([index])[0].sample(index, depth=depth)

    def _checked(self, record: bytes | None, index: int) -> OpenRecord:
        if record is None:
            raise StoreError(f"sample {index} is missing in the store {self.path}, which has samples 0 to {len(self) - 1}")
        return self.layout.open(record, f"sample {index} of the store {self.path}")

    def _unchanged(self) -> lmdb.Environment:
        """The store opened; where its file is not the one that was read last, only if it says the same about itself."""
        environment, stamp = self._environment()
        if stamp != self._stamp:
            meta = read_meta(environment, self.path)
            if meta != self.meta:
                now = "nothing" if meta is None else meta.summary
                raise StoreError(
                    f"the store {self.path} changed while it was in use (it held {self.meta.summary}; now it holds {now}): "
                    "start again with the store that is meant"
                )
            self._stamp = stamp
        return environment

    def _environment(self) -> tuple[lmdb.Environment, Stamp]:
        try:
            stamp = stamp_of(self.path)
            return opened(self.path, stamp), stamp
        except FileNotFoundError as error:
            raise StoreError(f"the store {self.path} is gone, it was removed or renamed while it was in use: put it back") from error
        except (lmdb.Error, OSError) as error:
            raise StoreError(f"{self.path} is not a readable sample store ({error}): make it with `hiface-pl data synth`") from error

    def _read_meta(self) -> StoreMeta:
        if not (self.path / "data.mdb").is_file():
            raise StoreError(_missing(self.path))
        environment, self._stamp = self._environment()
        meta = read_meta(environment, self.path)
        if meta is None:
            raise StoreError(f"the store {self.path} is empty: remove it and make it with `hiface-pl data synth --out {self.path}`")
        if not meta.finished:
            raise StoreError(f"the store {self.path} is unfinished: remove it and make it with `{meta.command} --out {self.path}`")
        return meta


def _missing(path: Path) -> str:
    if partial_folder(path).is_dir():
        return f"the store {path} is unfinished: give the `hiface-pl data synth` command that began it again, it goes on where it stopped"
    return f"there is no sample store {path}: make one with `hiface-pl data synth --out {path}`"
