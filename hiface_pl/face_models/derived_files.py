"""Reads and writes what was derived from a face model: plain arrays, no pickle, checked when read, written once by one process."""

import fcntl
import logging
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import numpy as np

from hiface_pl.paths import replacing, writable_folder

_LOG = logging.getLogger(__name__)

Arrays = dict[str, np.ndarray]
Value = TypeVar("Value")


def read_or_build(path: Path, read: Callable[[Path], Value], build: Callable[[], Arrays]) -> Value:
    """What `read` makes of `path`; a missing or damaged file is built and written first, by one process while others wait.

    `read` raises ValueError, KeyError, OSError or BadZipFile where a file does not hold what it should.
    """
    found = _try(path, read)
    if found is not None:
        return found
    with _alone(path):
        found = _try(path, read)
        if found is None:
            arrays = build()
            with replacing(path) as temporary, temporary.open("wb") as file:
                np.savez(file, allow_pickle=False, **arrays)
            found = read(path)
    return found


def read_arrays(path: Path) -> Arrays:
    """The arrays of an .npz; its checksums are verified."""
    with np.load(path, allow_pickle=False) as archive:
        return {name: archive[name] for name in archive.files}


def _try(path: Path, read: Callable[[Path], Value]) -> Value | None:
    if not path.exists():
        return None
    try:
        return read(path)
    except (ValueError, KeyError, OSError, EOFError, zipfile.BadZipFile) as error:
        _LOG.warning("%s is damaged (%s) and is built again", path, error)
        return None


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Waits until no other process builds `path`."""
    writable_folder(path.parent)
    with path.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            yield
        finally:
            fcntl.flock(lock, fcntl.LOCK_UN)
