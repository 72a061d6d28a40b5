"""Writes a store of photos. Pictures are written in order, each with its faces in one commit: the last entry says where to go on."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from hiface_pl.data.photos.face_maker import Outcome
from hiface_pl.data.photos.ledger import PictureEntry, entries, last_entry
from hiface_pl.data.photos.photo_meta import PhotoMeta, read_photo_meta
from hiface_pl.data.photos.photo_record import PhotoFace, open_face
from hiface_pl.data.photos.report import PhotoReport
from hiface_pl.data.store_file import key_of
from hiface_pl.data.store_folder import Entry, StoreFolder
from hiface_pl.errors import PhotoError


class PhotoWriter:
    """Begins a store, or goes on with one.

    Raises StoreError if a store of that name exists, is being written by another process or was begun with other settings or photos,
    OutputError if nothing can be written there.
    """

    def __init__(self, path: Path, meta: PhotoMeta) -> None:
        self.meta = meta
        self._store = StoreFolder(path, meta, read_photo_meta, PhotoMeta.same_samples)
        last = last_entry(self._store.environment)
        self.done, self.count = (0, 0) if last is None else (last.number + 1, last.first + last.count)

    @property
    def folder(self) -> Path:
        """Where the store lies until it is finished."""
        return self._store.folder

    def put(self, outcomes: Iterable[tuple[int, Outcome]], told: Callable[[Outcome], None]) -> None:
        """Writes outcomes, which may come in any order, from the first that is missing on. Tells of each when its turn comes."""
        self._store.write_in_batches(self._pieces(outcome, told) for outcome in _in_order(outcomes, self.done))

    def _pieces(self, outcome: Outcome, told: Callable[[Outcome], None]) -> list[Entry]:
        entry = PictureEntry.of(self.done, self.count, outcome)
        self.done, self.count = self.done + 1, self.count + entry.count
        told(outcome)
        return [(entry.key, entry.to_json()), *((key_of(entry.first + n), record) for n, record in enumerate(outcome.records))]

    def report(self) -> PhotoReport:
        """What has been written so far."""
        return PhotoReport.of(entries(self._store.environment))

    def samples(self, indices: Iterable[int]) -> list[PhotoFace]:
        """Samples that are written."""
        with self._store.environment.begin() as transaction:
            return [open_face(transaction.get(key_of(index), b""), f"sample {index} of {self.folder}") for index in indices]

    def finish(self) -> None:
        """Marks the store as whole and gives it its name. Raises PhotoError if there is no sample in it."""
        if not self.count:
            raise PhotoError(
                f"none of {self.done} photos shows a usable face, {self.report().reasons_in_words}: name other photos, or lower --smallest "
                f"or --sharp; {self.folder} holds the report"
            )
        self._store.finish(replace(self.meta, finished=True, count=self.count))

    def close(self) -> None:
        """Closes the file; a later writer goes on from here."""
        self._store.close()


def _in_order(outcomes: Iterable[tuple[int, Outcome]], first: int) -> Iterator[Outcome]:
    """Outcomes by number from `first` on; those that come early wait."""
    waiting: dict[int, Outcome] = {}
    for number, outcome in outcomes:
        waiting[number] = outcome
        while first in waiting:
            yield waiting.pop(first)
            first += 1
