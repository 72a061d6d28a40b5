"""Writes a sample store so that whatever ends the process, or the machine, leaves a store that can be gone on with.

Every commit reaches the disk before the next begins (LMDB's default, which costs a few milliseconds for 64 samples): a killed process, a
full disk and a power cut lose what came after the last commit, five seconds or 64 samples of it, and nothing else.
"""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from hiface_pl.data.store_file import key_of, read_meta
from hiface_pl.data.store_folder import StoreFolder
from hiface_pl.data.store_meta import StoreMeta
from hiface_pl.errors import StoreError


class StoreWriter:
    """Writes a store beside its final name, so that an unfinished one is never taken for whole, and goes on with one begun earlier.

    Raises StoreError if a store of that name exists, is being written by another process or was begun with other settings, OutputError if
    nothing can be written there.
    """

    def __init__(self, path: Path, meta: StoreMeta) -> None:
        self.path, self.meta = Path(path), replace(meta, finished=False)
        self._store = StoreFolder(self.path, self.meta, read_meta, StoreMeta.same_samples)

    def missing(self) -> list[int]:
        """Indices that are not written yet."""
        with self._store.environment.begin() as transaction:
            cursor = transaction.cursor()
            present = {int.from_bytes(key, "big") for key in cursor.iternext(values=False) if len(key) == 8}
        return [index for index in range(self.meta.count) if index not in present]

    def put(self, records: Iterable[tuple[int, bytes]]) -> None:
        """Writes records as they come, a batch at a time; what came is kept even if the source fails or is interrupted."""
        self._store.write_in_batches([(key_of(index), record)] for index, record in records)

    def finish(self) -> None:
        """Marks the store as whole and gives it its name. Raises StoreError if samples are missing."""
        absent = self.missing()
        if absent:
            raise StoreError(f"the store {self.path} still lacks {len(absent)} samples, the first is {absent[0]}: give the command again")
        self._store.finish(replace(self.meta, finished=True))

    def close(self) -> None:
        """Closes the file; a later writer goes on from here."""
        self._store.close()
