"""Writes a sample store so that whatever ends the process, or the machine, leaves a store that can be gone on with.

Every commit reaches the disk before the next begins (LMDB's default, which costs a few milliseconds for 64 samples): a killed process, a
full disk and a power cut lose what came after the last commit, five seconds or 64 samples of it, and nothing else.
"""

import time
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from hiface_pl.data.store_file import META_KEY, key_of, read_meta
from hiface_pl.data.store_folder import Entry, StoreFolder
from hiface_pl.data.store_meta import StoreMeta
from hiface_pl.errors import StoreError

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
        self._store = StoreFolder(self.path)
        try:
            self._begin()
        except BaseException:
            self._store.close()
            raise

    def _begin(self) -> None:
        begun = read_meta(self._store.environment, self._store.folder)
        if begun is None:
            self._store.write([(META_KEY, self.meta.to_json())])
        elif not begun.same_samples(self.meta):
            raise StoreError(
                f"{self._store.folder} was begun with other settings ({begun.summary}): remove it, or give the command that began it"
            )

    def missing(self) -> list[int]:
        """Indices that are not written yet."""
        with self._store.environment.begin() as transaction:
            cursor = transaction.cursor()
            present = {int.from_bytes(key, "big") for key in cursor.iternext(values=False) if len(key) == 8}
        return [index for index in range(self.meta.count) if index not in present]

    def put(self, records: Iterable[tuple[int, bytes]]) -> None:
        """Writes records as they come, a batch at a time; what came is kept even if the source fails or is interrupted."""
        write_in_batches(self._store, ([(key_of(index), record)] for index, record in records))

    def finish(self) -> None:
        """Marks the store as whole and gives it its name. Raises StoreError if samples are missing."""
        absent = self.missing()
        if absent:
            raise StoreError(f"the store {self.path} still lacks {len(absent)} samples, the first is {absent[0]}: give the command again")
        self._store.write([(META_KEY, replace(self.meta, finished=True).to_json())])
        self._store.finish()

    def close(self) -> None:
        """Closes the file; a later writer goes on from here."""
        self._store.close()


def write_in_batches(store: StoreFolder, pieces: Iterable[list[Entry]]) -> None:
    """Writes pieces as they come, each wholly in one commit, many in each; what came is kept if the source fails or is interrupted."""
    batch: list[Entry] = []
    count, due = 0, time.monotonic() + COMMIT_AFTER
    try:
        for piece in pieces:
            batch += piece
            count += 1
            if count == COMMIT_EVERY or time.monotonic() > due:
                full, batch, count = batch, [], 0
                store.write(full)
                due = time.monotonic() + COMMIT_AFTER
    finally:
        if batch:
            store.write(batch)
