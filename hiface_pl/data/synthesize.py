"""Fills a sample store with any number of processes; what is written depends on the settings alone."""

import multiprocessing
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from hiface_pl.data.records import RecordLayout, bases_digest, coefficient_sizes
from hiface_pl.data.store import StoreMeta, StoreWriter
from hiface_pl.rendering.camera import FOCAL
from hiface_pl.synthesis.generator import VERSION, Generator

GeneratorFactory = Callable[[], Generator]
"""Makes the generator in each process; must be picklable, such as a function of a module or a `functools.partial` of one."""

Progress = Callable[[int, int], None]
"""Told how many samples are written, and of how many."""

CHUNK = 8
_worker: tuple[Generator, RecordLayout] | None = None


def meta_of(generator: Generator, count: int) -> StoreMeta:
    """What the meta data of `count` samples of this generator say."""
    model = generator.assets.model
    return StoreMeta(
        count=count,
        image_size=generator.image_size,
        seed=generator.seed,
        split=generator.split,
        face_model=model.name,
        fingerprint=model.fingerprint,
        bases=bases_digest(generator.assets),
        generator=VERSION,
        detail=generator.detail,
        focal=FOCAL,
        sizes=coefficient_sizes(generator.assets),
    )


def write_store(path: Path, factory: GeneratorFactory, count: int, jobs: int = 1, progress: Progress | None = None) -> StoreMeta:
    """Writes samples 0 to `count` - 1 with `jobs` processes, or those of them that an interrupted run left out.

    Raises StoreError if the store exists or was begun with other settings; OutputError if it cannot be written. After Ctrl-C the same call
    goes on where it stopped.
    """
    generator = factory()
    meta = meta_of(generator, count)
    writer = StoreWriter(path, meta)
    try:
        missing = writer.missing()
        with _records(factory, generator, meta.layout, missing, jobs) as records:
            writer.put(_counted(records, count - len(missing), count, progress))
        writer.finish()
    finally:
        writer.close()
    return meta


def _counted(records: Iterator[tuple[int, bytes]], done: int, count: int, progress: Progress | None) -> Iterator[tuple[int, bytes]]:
    if progress is not None:
        progress(done, count)
    for record in records:
        yield record
        done += 1
        if progress is not None:
            progress(done, count)


@contextmanager
def _records(
    factory: GeneratorFactory, generator: Generator, layout: RecordLayout, indices: list[int], jobs: int
) -> Iterator[Iterator[tuple[int, bytes]]]:
    """Records of these samples in order; the processes end with the block."""
    if jobs <= 1 or len(indices) <= CHUNK:
        yield ((index, layout.pack(generator.sample(index))) for index in indices)
        return
    with multiprocessing.get_context("spawn").Pool(jobs, _start_worker, (factory, layout)) as pool:
        yield pool.imap(_work, indices, CHUNK)


def _start_worker(factory: GeneratorFactory, layout: RecordLayout) -> None:
    """Ctrl-C is the main process's business: it stops the others after it has kept what they made."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    global _worker  # noqa: PLW0603
    _worker = (factory(), layout)


def _work(index: int) -> tuple[int, bytes]:
    if _worker is None:
        raise RuntimeError("a worker was asked for a sample before it was started")
    generator, layout = _worker
    return index, layout.pack(generator.sample(index))
