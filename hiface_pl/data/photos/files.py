"""Which files are meant by folders, files and patterns. Needs the standard library alone."""

import glob
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from hiface_pl.errors import ConfigError

VIDEOS = {".mp4", ".m4v", ".mov", ".avi", ".mkv", ".webm", ".mpg", ".mpeg"}
"""Suffixes of files that are read frame by frame."""
DATA = "data.mdb"
"""What makes a folder a store."""


def find_files(places: Sequence[str], outside: Path) -> list[str]:
    """The files of all places in a fixed order, each once, without what lies in or beside `outside`. Raises ConfigError."""
    files = list(dict.fromkeys(path for place in places for path in _files(place) if not _belongs(Path(path), outside)))
    if not files:
        raise ConfigError(f"there is no file in {', '.join(places)}: name photos, folders of them, patterns or videos")
    return files


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
