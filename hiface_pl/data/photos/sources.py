"""Which pictures are meant by folders, files, patterns, videos and stores of synthetic faces."""

import glob
import hashlib
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2

from hiface_pl.data.store import SampleStore
from hiface_pl.errors import ConfigError

VIDEOS = {".mp4", ".m4v", ".mov", ".avi", ".mkv", ".webm", ".mpg", ".mpeg"}
"""Suffixes of files that are read frame by frame."""
DATA = "data.mdb"
"""What makes a folder a store."""


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


def find_files(places: Sequence[str], outside: Path) -> list[str]:
    """The files of all places in a fixed order, each once, without what lies in or beside `outside`. Raises ConfigError."""
    files = list(dict.fromkeys(path for place in places for path in _files(place) if not _belongs(Path(path), outside)))
    if not files:
        raise ConfigError(f"there is no file in {', '.join(places)}: name photos, folders of them, patterns or videos")
    return files


def digest(sources: Iterable[Source]) -> str:
    """Sixteen hex digits that change with the names and lengths of files and with the choice of frames."""
    found = hashlib.sha256()
    for source in sources:
        found.update(f"{source.name}\0{source.length}\n".encode())
    return found.hexdigest()[:16]


def is_store(place: str) -> bool:
    """Whether a folder is a sample store."""
    return (Path(place) / DATA).is_file()


def _files(place: str) -> Iterator[str]:
    if is_store(place):
        yield place
    elif Path(place).is_dir():
        for folder, inner, names in os.walk(place):
            inner[:] = sorted(name for name in inner if not name.startswith("."))
            yield from (str(Path(folder) / name) for name in sorted(names) if not name.startswith("."))
    elif Path(place).exists():
        yield place
    else:
        found = sorted(glob.glob(place, recursive=True))  # noqa: PTH207 - keeps names as they are written
        if not found:
            raise ConfigError(f"there is no photo, folder or video {place}, and no file that fits it as a pattern: check the name")
        for path in found:
            yield from _files(path)


def _belongs(path: Path, store: Path) -> bool:
    """Whether a file is part of a store of this name, finished or not."""
    names = {store.absolute(), store.absolute().with_name(f"{store.name}.partial")}
    return bool(names & set(path.absolute().parents))


def _pictures(path: str, every: int) -> list[Source]:
    if is_store(path):
        return [Source(path, sample) for sample in range(len(SampleStore(Path(path))))]
    if Path(path).suffix.lower() not in VIDEOS:
        return [Source(path)]
    video = cv2.VideoCapture(path)
    count = int(video.get(cv2.CAP_PROP_FRAME_COUNT))
    video.release()
    return [Source(path, frame) for frame in range(0, max(count, 1), every)]
