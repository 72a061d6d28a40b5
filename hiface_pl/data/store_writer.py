"""Writes a sample store so that whatever ends the process, or the machine, leaves a store that can be gone on with.

Every commit reaches the disk before the next begins (LMDB's default, which costs a few milliseconds for 64 samples): a killed process, a
full disk and a power cut lose what came after the last commit, five seconds or 64 samples of it, and nothing else.
"""

import shutil
import time
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import lmdb

from hiface_pl.data.store_file import META_KEY, key_of, partial_folder, read_meta
from hiface_pl.data.store_meta import StoreMeta
from hiface_pl.data.writer_lock import WriterLock
from hiface_pl.errors import OutputError, StoreError
from hiface_pl.paths import keep_names, writable_folder

FIRST_MAP_SIZE = 1 << 28
COMMIT_EVERY = 64
COMMIT_AFTER = 5.0
"""Seconds."""


class StoreWriter:
    """Writes a store beside its final name, so that an unfinished one is never taken for whole, and goes on with one begun earlier.

    Raises StoreError if a store of that name exists, is being written by another process or was begun with other settings, OutputError if
    nothing can be written there.
    """

    def __init__(self, path: Path, meta: StoreMeta) -> None:
        self.path, self.meta = Path(path), replace(meta, finished=False)
        self._folder = partial_folder(self.path)
        self._refuse_existing()
        writable_folder(self._folder)
        self._lock = WriterLock(self._folder / "writer.lock", self.path)
        try:
            self._refuse_existing()
            self._environment = self._opened()
            self._begin()
        except BaseException:
            self._lock.release()
            raise

    def _refuse_existing(self) -> None:
        if self.path.exists():
            raise StoreError(f"{self.path} exists already: remove it or name another store")

    def _opened(self) -> lmdb.Environment:
        """Without LMDB's own lock file, which a full disk can turn into a crash: ours lets nobody else in."""
        try:
            return lmdb.open(str(self._folder), map_size=FIRST_MAP_SIZE, lock=False)
        except (lmdb.Error, OSError) as error:
            raise StoreError(f"{self._folder} cannot be gone on with ({error}): remove it and give the command again") from error

    def _begin(self) -> None:
        try:
            begun = read_meta(self._environment, self._folder)
            if begun is None:
                self._write([(META_KEY, self.meta.to_json())])
            elif not begun.same_samples(self.meta):
                raise StoreError(
                    f"{self._folder} was begun with other settings ({begun.summary}): remove it, or give the command that began it"
                )
        except BaseException:
            self._environment.close()
            raise

    def missing(self) -> list[int]:
        """Indices that are not written yet."""
        with self._environment.begin() as transaction:
            cursor = transaction.cursor()
            present = {int.from_bytes(key, "big") for key in cursor.iternext(values=False) if len(key) == 8}
        return [index for index in range(self.meta.count) if index not in present]

    def put(self, records: Iterable[tuple[int, bytes]]) -> None:
        """Writes records as they come, a batch at a time; what came is kept even if the source fails or is interrupted."""
        batch: list[tuple[bytes, bytes]] = []
        due = time.monotonic() + COMMIT_AFTER
        try:
            for index, record in records:
                batch.append((key_of(index), record))
                if len(batch) == COMMIT_EVERY or time.monotonic() > due:
                    full, batch = batch, []
                    self._write(full)
                    due = time.monotonic() + COMMIT_AFTER
        finally:
            if batch:
                self._write(batch)

    def finish(self) -> None:
        """Marks the store as whole and gives it its name. Raises StoreError if samples are missing."""
        absent = self.missing()
        if absent:
            raise StoreError(f"the store {self.path} still lacks {len(absent)} samples, the first is {absent[0]}: give the command again")
        self._write([(META_KEY, replace(self.meta, finished=True).to_json())])
        self._environment.close()
        (self._folder / "lock.mdb").unlink(missing_ok=True)
        try:
            self._lock.path.unlink()
            self._folder.replace(self.path)
            keep_names(self.path.parent)
        except OSError as error:
            raise OutputError(f"cannot rename {self._folder} to {self.path} ({error.strerror}): rename it by hand") from error

    def close(self) -> None:
        """Closes the file; a later writer goes on from here."""
        self._environment.close()
        self._lock.release()

    def _write(self, entries: list[tuple[bytes, bytes]]) -> None:
        try:
            while not self._fits(entries):
                self._environment.set_mapsize(2 * self._environment.info()["map_size"])
        except (lmdb.Error, OSError) as error:
            free = shutil.disk_usage(self._folder).free / 1e9
            raise OutputError(
                f"cannot write into {self._folder} ({error}; {free:.1f} GB free): what was written before is kept, free some space and "
                "give the command again"
            ) from error

    def _fits(self, entries: list[tuple[bytes, bytes]]) -> bool:
        try:
            with self._environment.begin(write=True) as transaction:
                for key, value in entries:
                    transaction.put(key, value)
        except lmdb.MapFullError:
            return False
        return True
