"""The sample store: an LMDB folder of checked records with one JSON entry that says how they were made."""

import json
import shutil
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import lmdb

from hiface_pl.data.handles import opened
from hiface_pl.data.records import OpenRecord, RecordLayout, bases_digest
from hiface_pl.errors import OutputError, StoreError
from hiface_pl.face_models.face_assets import FaceAssets
from hiface_pl.paths import writable_folder
from hiface_pl.synthesis.sample import SyntheticSample

FORMAT = 1
META_KEY = b"meta"
FIRST_MAP_SIZE = 1 << 28
COMMIT_EVERY = 64


@dataclass(frozen=True)
class StoreMeta:
    """How a store was made. Two stores with equal meta data hold the same bytes.

    `focal` is in image widths, `sizes` are the lengths of the coefficient vectors, `detail` says whether displacement maps lie inside the
    bases or have a residual, `bases` is `records.bases_digest` and `generator` the version of the drawing code.
    """

    count: int
    image_size: int
    seed: int
    split: str
    face_model: str
    fingerprint: str
    bases: str
    generator: int
    detail: str
    focal: float
    sizes: dict[str, int]
    finished: bool = False
    format: int = FORMAT

    @property
    def layout(self) -> RecordLayout:
        """How records of this store are laid out."""
        return RecordLayout(self.image_size, self.sizes)

    @property
    def command(self) -> str:
        """The command line that makes such a store, but for its --out."""
        return synth_command(self.count, self.image_size, self.split, self.seed)

    def to_json(self) -> bytes:
        """The meta entry: the fields, and for readers in other languages what the records look like."""
        shapes = {name: list(shape) for name, shape in self.layout.shapes.items()}
        record = {
            "checksum": "crc32, u32 LE, of all that follows",
            "blob_lengths": "4 x u32 LE: image, parts, depth, residual",
            "float32": shapes,
        }
        return json.dumps(asdict(self) | {"record": record}, indent=1).encode()

    @classmethod
    def from_json(cls, text: bytes) -> "StoreMeta":
        """Reads a meta entry. Raises ValueError, KeyError or TypeError for anything else."""
        values: dict[str, Any] = json.loads(text)
        values.pop("record")
        return cls(**values)


def synth_command(count: int, image_size: int, split: str, seed: int = 0) -> str:
    """The command line that makes a store, but for its --out."""
    return f"hiface-pl data synth --count {count} --image-size {image_size} --seed {seed} --split {split}"


def partial_folder(path: Path) -> Path:
    """Where a store lies until it is finished."""
    return path.with_name(path.name + ".partial")


def _key(index: int) -> bytes:
    return index.to_bytes(8, "big")


class SampleStore:
    """Reads a finished store. Instances hold no open file, so they may travel to workers.

    Raises StoreError where the store is missing, unfinished, or not one of ours.
    """

    def __init__(self, path: Path) -> None:
        self.path = Path(path)
        self.meta = self._read_meta()

    def __len__(self) -> int:
        return self.meta.count

    @cached_property
    def layout(self) -> RecordLayout:
        """How the records are laid out."""
        return self.meta.layout

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

    def is_made_with(self, meta: StoreMeta) -> bool:
        """Whether the store was made with these settings."""
        return replace(self.meta, finished=False) == replace(meta, finished=False)

    def open_records(self, indices: Iterable[int]) -> list[OpenRecord]:
        """Checked records of these samples. Raises StoreError with the index of one that is missing or corrupt."""
        with self._environment().begin(buffers=False) as transaction:
            return [self._checked(transaction.get(_key(index)), index) for index in indices]

    def read(self, index: int, *, depth: bool = True) -> SyntheticSample:
        """One sample."""
        return self.open_records([index])[0].sample(index, depth=depth)

    def _checked(self, record: bytes | None, index: int) -> OpenRecord:
        if record is None:
            raise StoreError(f"sample {index} is missing in the store {self.path}, which has samples 0 to {len(self) - 1}")
        return self.layout.open(record, f"sample {index} of the store {self.path}")

    def _environment(self) -> lmdb.Environment:
        try:
            return opened(self.path)
        except (lmdb.Error, OSError) as error:
            raise StoreError(f"{self.path} is not a readable sample store ({error}): make it with `hiface-pl data synth`") from error

    def _read_meta(self) -> StoreMeta:
        if not (self.path / "data.mdb").is_file():
            raise StoreError(_missing(self.path))
        meta = _meta_of(self._environment(), self.path)
        if not meta.finished:
            raise StoreError(f"the store {self.path} is unfinished: remove it and make it with `{meta.command} --out {self.path}`")
        return meta


def _missing(path: Path) -> str:
    if partial_folder(path).is_dir():
        return f"the store {path} is unfinished: give the `hiface-pl data synth` command that began it again, it goes on where it stopped"
    return f"there is no sample store {path}: make one with `hiface-pl data synth --out {path}`"


def _meta_of(environment: lmdb.Environment, path: Path) -> StoreMeta:
    with environment.begin() as transaction:
        text = transaction.get(META_KEY)
    try:
        meta = StoreMeta.from_json(text or b"null")
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise StoreError(
            f"{path} is an LMDB folder but not a sample store of this version: make it again with `hiface-pl data synth`"
        ) from error
    if meta.format != FORMAT:
        raise StoreError(f"the store {path} has format {meta.format}, this version reads {FORMAT}: make it again with `{meta.command}`")
    return meta


class StoreWriter:
    """Writes a store beside its final name, so that an unfinished one is never taken for whole, and goes on with one begun earlier.

    Raises StoreError if a store of that name exists or one was begun with other settings, OutputError if nothing can be written there.
    """

    def __init__(self, path: Path, meta: StoreMeta) -> None:
        self.path, self.meta = Path(path), replace(meta, finished=False)
        self._folder = partial_folder(self.path)
        if self.path.exists():
            raise StoreError(f"{self.path} exists already: remove it or name another store")
        writable_folder(self._folder)
        self._environment = lmdb.open(str(self._folder), map_size=FIRST_MAP_SIZE, sync=False, metasync=False)
        self._begin()

    def _begin(self) -> None:
        with self._environment.begin() as transaction:
            begun = transaction.get(META_KEY)
        if begun is not None and _meta_of(self._environment, self._folder) != self.meta:
            self.close()
            raise StoreError(f"{self._folder} was begun with other settings: remove it, or give the command that began it")
        self._write([(META_KEY, self.meta.to_json())])

    def missing(self) -> list[int]:
        """Indices that are not written yet."""
        with self._environment.begin() as transaction:
            cursor = transaction.cursor()
            present = {int.from_bytes(key, "big") for key in cursor.iternext(values=False) if len(key) == 8}
        return [index for index in range(self.meta.count) if index not in present]

    def put(self, records: Iterable[tuple[int, bytes]]) -> None:
        """Writes records as they come, a batch at a time; what came is kept even if the source fails or is interrupted."""
        batch: list[tuple[bytes, bytes]] = []
        try:
            for index, record in records:
                batch.append((_key(index), record))
                if len(batch) == COMMIT_EVERY:
                    self._write(batch)
                    batch = []
        finally:
            self._write(batch)

    def finish(self) -> None:
        """Marks the store as whole and gives it its name. Raises StoreError if samples are missing."""
        absent = self.missing()
        if absent:
            raise StoreError(f"the store {self.path} still lacks {len(absent)} samples, the first is {absent[0]}: give the command again")
        self._write([(META_KEY, replace(self.meta, finished=True).to_json())])
        self._environment.sync(True)  # noqa: FBT003
        self.close()
        (self._folder / "lock.mdb").unlink(missing_ok=True)
        self._folder.replace(self.path)

    def close(self) -> None:
        """Closes the file; a later writer goes on from here."""
        self._environment.close()

    def _write(self, entries: list[tuple[bytes, bytes]]) -> None:
        try:
            while not self._fits(entries):
                self._environment.set_mapsize(2 * self._environment.info()["map_size"])
        except (lmdb.Error, OSError) as error:
            free = shutil.disk_usage(self._folder).free / 1e9
            raise OutputError(
                f"cannot write into {self._folder} ({error}; {free:.1f} GB free): free some space and give the command again"
            ) from error

    def _fits(self, entries: list[tuple[bytes, bytes]]) -> bool:
        try:
            with self._environment.begin(write=True) as transaction:
                for key, value in entries:
                    transaction.put(key, value)
        except lmdb.MapFullError:
            return False
        return True
