"""Which files a command line means by photos, videos, folders and patterns."""

from pathlib import Path

from PIL import Image

from hiface_pl.data.photos.files import VIDEOS, find_files
from hiface_pl.errors import PhotoError

_WILD = frozenset("*?[")


def photo_files(named: list[Path], out: Path) -> list[Path]:
    """Every file once, in order: files as named, pictures and videos of folders (all below them) and patterns, but nothing in `out`.

    A file that is named is tried whatever its suffix; of folders and patterns only suffixes of pictures and videos count. Raises
    PhotoError where a folder or a pattern brings none, ConfigError where it brings nothing at all.
    """
    found: list[Path] = []
    for place in named:
        found += _pictures(place, out) if place.is_dir() or _is_pattern(place) else [place]
    return list(dict.fromkeys(found))


def is_video(path: Path) -> bool:
    """Whether a file is read frame by frame: its suffix says so."""
    return path.suffix.lower() in VIDEOS


def _is_pattern(named: Path) -> bool:
    return not named.exists() and not _WILD.isdisjoint(str(named))


def _pictures(named: Path, out: Path) -> list[Path]:
    known = {suffix for suffix, kind in Image.registered_extensions().items() if kind in Image.OPEN}
    files = [Path(path) for path in find_files([str(named)], out)]
    found = [file for file in files if file.suffix.lower() in known or is_video(file)]
    if not found:
        raise PhotoError(f"no file of {named} has a suffix of pictures or videos: name another folder or pattern")
    return found
