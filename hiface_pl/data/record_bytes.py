"""Records as bytes: crc32, blob lengths, one block of float32, then the blobs. What every kind of sample store shares."""

import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

import numpy as np
from jaxtyping import Float32

from hiface_pl.errors import StoreError

_CHECKSUM = struct.Struct("<I")


@dataclass(frozen=True)
class RecordForm:
    """How many numbers a record has, and the names of its blobs in file order."""

    floats: int
    blobs: tuple[str, ...]

    def pack(self, numbers: Float32[np.ndarray, " f"], blobs: Sequence[bytes]) -> bytes:
        """The record of these numbers and blobs."""
        body = self._lengths.pack(*map(len, blobs)) + np.ascontiguousarray(numbers, "<f4").tobytes() + b"".join(blobs)
        return _CHECKSUM.pack(zlib.crc32(body)) + body

    def unpack(self, record: bytes, place: str) -> tuple[Float32[np.ndarray, " f"], dict[str, bytes]]:
        """The numbers, as a view, and the blobs. Raises StoreError, which says `place`, where the record is not the one written."""
        head = _CHECKSUM.size + self._lengths.size
        if len(record) < head or _CHECKSUM.unpack_from(record)[0] != zlib.crc32(memoryview(record)[_CHECKSUM.size :]):
            raise StoreError(f"{place} is corrupt (its checksum does not match): remove the store and make it again")
        lengths = self._lengths.unpack_from(record, _CHECKSUM.size)
        ends = list(accumulate(lengths, initial=head + 4 * self.floats))
        if ends[-1] != len(record):
            raise StoreError(f"{place} has {len(record)} bytes where its layout calls for {ends[-1]}: remove the store and make it again")
        blobs = {name: record[a:b] for name, a, b in zip(self.blobs, ends[:-1], ends[1:], strict=True)}
        return np.frombuffer(record, "<f4", self.floats, head), blobs

    @property
    def _lengths(self) -> struct.Struct:
        return struct.Struct(f"<{len(self.blobs)}I")
