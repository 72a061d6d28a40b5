"""Fills a sample store; what is written depends on the settings alone."""

from collections.abc import Callable, Iterator
from pathlib import Path

from hiface_pl.data.engines.base import Engine
from hiface_pl.data.engines.local import LocalEngine
from hiface_pl.data.engines.work import GeneratorFactory, Record, Work
from hiface_pl.data.store_meta import StoreMeta
from hiface_pl.data.store_writer import StoreWriter

Progress = Callable[[int, int], None]
"""Told how many samples are written, and of how many."""


def write_store(
    path: Path, factory: GeneratorFactory, count: int, engine: Engine | None = None, progress: Progress | None = None
) -> StoreMeta:
    """Writes samples 0 to `count` - 1, or those of them that an interrupted run left out.

    Raises StoreError if the store exists, is being written or was begun with other settings; OutputError if it cannot be written or a
    process that makes samples was killed. After these, Ctrl-C, SIGKILL and a power cut the same call goes on where it stopped.
    """
    work = Work.of(factory, count)
    writer = StoreWriter(path, work.meta)
    try:
        missing = writer.missing()
        with (engine or LocalEngine()).records(work, missing) as records:
            writer.put(_counted(records, count - len(missing), count, progress))
        writer.finish()
    finally:
        writer.close()
    return work.meta


def _counted(records: Iterator[Record], done: int, count: int, progress: Progress | None) -> Iterator[Record]:
    if progress is not None:
        progress(done, count)
    for record in records:
        yield record
        done += 1
        if progress is not None:
            progress(done, count)
