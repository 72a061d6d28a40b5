"""What a store remembers about every picture it was made from, the ones without a sample too."""

import json
from collections.abc import Iterator
from dataclasses import dataclass

import lmdb

from hiface_pl.data.photos.face_maker import LeftOut, Outcome
from hiface_pl.data.photos.quality import Reason

_PREFIX = b"photo"


@dataclass(frozen=True)
class PictureEntry:
    """Picture `number` gave samples `first` to `first + count - 1`; `left_out` says what was not good enough."""

    number: int
    name: str
    first: int
    count: int
    left_out: tuple[LeftOut, ...]

    @classmethod
    def of(cls, number: int, first: int, outcome: Outcome) -> "PictureEntry":
        """The entry of an outcome whose first sample has this number."""
        return cls(number, outcome.name, first, len(outcome.records), outcome.left_out)

    @property
    def key(self) -> bytes:
        """Where it is stored; keys sort as numbers do, behind those of samples."""
        return _PREFIX + self.number.to_bytes(8, "big")

    def to_json(self) -> bytes:
        """The stored entry."""
        left_out = [[entry.face, entry.reason, entry.detail] for entry in self.left_out]
        return json.dumps({"name": self.name, "first": self.first, "count": self.count, "left_out": left_out}).encode()

    @classmethod
    def read(cls, key: bytes, text: bytes) -> "PictureEntry":
        """What was stored."""
        values = json.loads(text)
        left_out = tuple(LeftOut(face, Reason(reason), detail) for face, reason, detail in values.pop("left_out"))
        return cls(number=int.from_bytes(key[len(_PREFIX) :], "big"), left_out=left_out, **values)


def last_entry(environment: lmdb.Environment) -> PictureEntry | None:
    """The entry of the last picture that was looked at."""
    with environment.begin() as transaction:
        cursor = transaction.cursor()
        return PictureEntry.read(*cursor.item()) if cursor.last() and cursor.key().startswith(_PREFIX) else None


def entries(environment: lmdb.Environment) -> Iterator[PictureEntry]:
    """All entries in order."""
    with environment.begin() as transaction:
        cursor = transaction.cursor()
        if cursor.set_range(_PREFIX):
            for key, text in cursor.iternext():
                yield PictureEntry.read(key, text)
