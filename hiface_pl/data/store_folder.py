"""An LMDB folder that is written beside its final name, so that an unfinished one is never taken for a whole one."""

import shutil
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Protocol, TypeVar, runtime_checkable

import lmdb

from hiface_pl.data.store_file import META_KEY, partial_folder
from hiface_pl.data.writer_lock import WriterLock
from hiface_pl.errors import OutputError, StoreError
from hiface_pl.paths import keep_names, writable_folder

FIRST_MAP_SIZE = 1 << 28
COMMIT_EVERY = 64
COMMIT_AFTER = 5.0
"""Seconds."""

Entry = tuple[bytes, bytes]
"""A key and its value."""


@runtime_checkable
class Meta(Protocol):
    """What a store says about itself."""

    @property
    def summary(self) -> str:
        """A few words that tell this store from another one."""

    def to_json(self) -> bytes:
        """The meta entry."""


KnownMeta = TypeVar("KnownMeta", bound=Meta)


class StoreFolder:
    """Holds the lock of an unfinished store and writes into it: a new one, or one begun with the same `meta`, as `read` and `same` tell.

    Every `write` is one transaction that reaches the disk before the next begins (LMDB's default): whatever ends the process or the
    machine, what was written is whole. Raises StoreError if a store of that name exists, is being written by another process or was begun
    with other settings, OutputError if nothing can be written there.
    """

    def __init__(
        self,
        path: Path,
        meta: KnownMeta,
        read: Callable[[lmdb.Environment, Path], KnownMeta | None],
        same: Callable[[KnownMeta, KnownMeta], bool],
    ) -> None:
        self.path, self.folder = Path(path), partial_folder(Path(path))
        self._refuse_existing()
        writable_folder(self.folder)
        self._lock = WriterLock(self.folder / "writer.lock", self.path)
        try:
            self._refuse_existing()
            self.environment = self._opened()
        except BaseException:
            self._lock.release()
            raise
        try:
            begun = read(self.environment, self.folder)
            if begun is None:
                self.write([(META_KEY, meta.to_json())])
            elif not same(begun, meta):
                raise StoreError(
                    f"{self.folder} was begun with other settings or for other samples ({begun.summary}): remove it, or give the command "
                    "that began it"
                )
        except BaseException:
            self.close()
            raise

    def _refuse_existing(self) -> None:
        if self.path.exists():
            raise StoreError(f"{self.path} exists already: remove it or name another store")

    def _opened(self) -> lmdb.Environment:
        """Without LMDB's own lock file, which a full disk can turn into a crash: ours lets nobody else in."""
        try:
            return lmdb.open(str(self.folder), map_size=FIRST_MAP_SIZE, lock=False)
        except (lmdb.Error, OSError) as error:
            raise StoreError(f"{self.folder} cannot be gone on with ({error}): remove it and give the command again") from error

    def write(self, entries: Iterable[Entry]) -> None:
        """Writes all entries or none. Raises OutputError, for example where the disk is full."""
        entries = list(entries)
        try:
            while not self._fits(entries):
                self.environment.set_mapsize(2 * self.environment.info()["map_size"])
        except (lmdb.Error, OSError) as error:
            free = shutil.disk_usage(self.folder).free / 1e9
            raise OutputError(
                f"cannot write into {self.folder} ({error}; {free:.1f} GB free): what was written before is kept, free some space and "
                "give the command again"
            ) from error

    def _fits(self, entries: list[Entry]) -> bool:
        try:
            with self.environment.begin(write=True) as transaction:
                for key, value in entries:
                    transaction.put(key, value)
        except lmdb.MapFullError:
            return False
        return True

    def write_in_batches(self, pieces: Iterable[list[Entry]]) -> None:
        """Writes pieces as they come, each wholly in one commit, many in each; what came is kept if the source fails or is interrupted."""
        batch: list[Entry] = []
        count, due = 0, time.monotonic() + COMMIT_AFTER
        try:
            for piece in pieces:
                batch += piece
                count += 1
                if count == COMMIT_EVERY or time.monotonic() > due:
                    full, batch, count = batch, [], 0
                    self.write(full)
                    due = time.monotonic() + COMMIT_AFTER
        finally:
            if batch:
                self.write(batch)

    def finish(self, meta: Meta) -> None:
        """Gives the store its last meta data and its name. Raises OutputError."""
        self.write([(META_KEY, meta.to_json())])
        self.environment.close()
        (self.folder / "lock.mdb").unlink(missing_ok=True)
        try:
            self._lock.path.unlink()
            self.folder.replace(self.path)
            keep_names(self.path.parent)
        except OSError as error:
            raise OutputError(f"cannot rename {self.folder} to {self.path} ({error.strerror}): rename it by hand") from error

    def close(self) -> None:
        """Closes the file; a later writer goes on from here."""
        self.environment.close()
        self._lock.release()
