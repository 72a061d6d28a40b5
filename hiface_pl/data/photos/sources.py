"""Which pictures are meant by folders, files, patterns, videos and stores of synthetic faces."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2

from hiface_pl.data.photos.files import DATA, VIDEOS, find_files, is_store
from hiface_pl.data.store import SampleStore


@dataclass(frozen=True)
class Source:
    """A picture: a file, one frame of a video or one sample of a store of synthetic faces.

    `path` is as the user wrote it, and what lies below it.
    """

    path: str
    frame: int | None = None

    @property
    def name(self) -> str:
        """What the picture is called in reports."""
        path = self.path.encode(errors="backslashreplace").decode()
        return path if self.frame is None else f"{path}#{self.frame}"

    @property
    def stored(self) -> bool:
        """Whether it is a sample of a store: cut around the face already, with one face."""
        return is_store(self.path)

    @property
    def person(self) -> str:
        """The folder that the file lies in."""
        return Path(self.name).parent.name

    @property
    def length(self) -> int:
        """Bytes of the file (of a store, its data) as this machine sees it now, -1 where there is none."""
        try:
            return (Path(self.path) / DATA if self.stored else Path(self.path)).stat().st_size
        except OSError:
            return -1


def find_sources(places: Sequence[str], every: int, outside: Path) -> list[Source]:
    """The pictures of all places in a fixed order, each once, without what lies in or beside the store `outside`.

    A folder stands for all files below it that are not hidden, a video for every `every`-th frame, a store of `hiface-pl data synth` for
    all its images. Raises ConfigError where a place is nothing that exists, StoreError for another kind of store.
    """
    return [source for path in find_files(places, outside) for source in _pictures(path, every)]


def digest(sources: Iterable[Source]) -> str:
    """Sixteen hex digits that change with the names and lengths of files and with the choice of frames."""
    found = hashlib.sha256()
    for source in sources:
        found.update(f"{source.name}\0{source.length}\n".encode())
    return found.hexdigest()[:16]


def _pictures(path: str, every: int) -> list[Source]:
    if is_store(path):
        return [Source(path, sample) for sample in range(len(SampleStore(Path(path))))]
    if Path(path).suffix.lower() not in VIDEOS:
        return [Source(path)]
    video = cv2.VideoCapture(path)
    count = int(video.get(cv2.CAP_PROP_FRAME_COUNT))
    video.release()
    return [Source(path, frame) for frame in range(0, max(count, 1), every)]
