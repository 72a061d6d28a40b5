"""From photos to a store: the same photos and settings give the same bytes, whatever came in between."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from hiface_pl.data.engines.base import Engine
from hiface_pl.data.photos.face_maker import Outcome
from hiface_pl.data.photos.perception import PerceptionFactory, fetched_perception
from hiface_pl.data.photos.photo_meta import PhotoMeta
from hiface_pl.data.photos.photo_store import PhotoStore
from hiface_pl.data.photos.photo_writer import PhotoWriter
from hiface_pl.data.photos.quality import SHARP
from hiface_pl.data.photos.report import PhotoReport
from hiface_pl.data.photos.sheet import spread_over, write_sheet
from hiface_pl.data.photos.sources import Source, digest
from hiface_pl.data.photos.work import NumberedSource, PhotoWork
from hiface_pl.errors import StoreError

Told = Callable[[int, Outcome | None], None]
"""Told how many pictures are done, and what became of the last one, None at the start."""


@dataclass(frozen=True)
class PrepareSettings:
    """What decides a store besides its photos; see `quality.Limits`. `smallest` is half the image size if None."""

    image_size: int = 224
    smallest: float | None = None
    sharp: float = SHARP
    largest: bool = False
    people: bool = False

    def meta(self, sources: Sequence[Source], perception: str) -> PhotoMeta:
        """What a store made with these settings says about itself."""
        smallest = self.image_size / 2 if self.smallest is None else self.smallest
        return PhotoMeta(
            photos=len(sources),
            digest=digest(sources),
            image_size=self.image_size,
            smallest=float(smallest),
            sharp=self.sharp,
            largest=self.largest,
            people=self.people,
            perception=perception,
        )


def is_finished(path: Path, meta: PhotoMeta) -> bool:
    """Whether this very store is there already. Raises StoreError where another one is."""
    if not path.exists():
        return False
    found = PhotoStore(path).meta
    if not found.same_samples(meta):
        raise StoreError(
            f"{path} was made from other photos or with other settings (it holds {found.summary}; asked for are {meta.summary}): "
            "remove it or name another store"
        )
    return True


def prepare(
    path: Path, sources: Sequence[Source], meta: PhotoMeta, engine: Engine, told: Told, factory: PerceptionFactory = fetched_perception
) -> PhotoReport:
    """Looks at all pictures, or at those that an interrupted run left out; writes samples, report and contact sheet.

    Raises StoreError if the store exists, is being written or was begun otherwise, OutputError if it cannot be written or a process was
    killed, PhotoError if no picture shows a usable face.
    """
    writer = PhotoWriter(path, meta)
    try:
        told(writer.done, None)
        missing = [NumberedSource(number, sources[number], sources[number].length) for number in range(writer.done, len(sources))]
        if missing:
            with engine.records(PhotoWork(factory, meta), missing) as outcomes:
                writer.put(outcomes, lambda outcome: told(writer.done, outcome))
        report = writer.report()
        report.write(writer.folder)
        write_sheet(writer.samples(spread_over(writer.count)), writer.folder / "sheet.png", f"{report.faces} faces of {report.used} photos")
        writer.finish()
    finally:
        writer.close()
    return report
