"""What a store will take, measured on a few of its samples."""

import time
from dataclasses import dataclass

from hiface_pl.data.engines.work import Work

TRIED = 32
PAGE = 4096
ENTRY_HEAD = 16
"""Bytes that LMDB puts before a record that has pages of its own."""
TREE_SHARE = 48
"""Bytes a sample in the tree that leads to its pages, about."""


@dataclass(frozen=True)
class Estimate:
    """Means over the samples that were tried: bytes in the store's file, and milliseconds of one core."""

    tried: int
    bytes_a_sample: float
    cpu_ms: float

    def size(self, count: int) -> float:
        """Bytes of a store of `count` samples."""
        return count * self.bytes_a_sample

    def seconds(self, count: int, jobs: int) -> float:
        """Time for `count` samples on `jobs` cores that have nothing else to do."""
        return count * self.cpu_ms / 1000 / jobs


def estimate(work: Work) -> Estimate:
    """Makes a few samples spread over the store, after one that compiles and is not counted. They are not kept."""
    tried = min(TRIED, work.meta.count)
    indices = [number * work.meta.count // tried for number in range(tried)]
    list(work.make(indices[:1]))
    start = time.process_time()
    lengths = [len(record) for _, record in work.make(indices)]
    cpu = time.process_time() - start
    return Estimate(tried, sum(map(stored_bytes, lengths)) / tried, 1000 * cpu / tried)


def stored_bytes(length: int) -> int:
    """What a record of this length takes in the file: whole pages and its place in the tree."""
    return -(-(length + ENTRY_HEAD) // PAGE) * PAGE + TREE_SHARE
