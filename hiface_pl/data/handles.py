"""Open LMDB folders of this process. LMDB allows one handle a folder and process, and no handle may cross a fork: both are seen to here."""

import os
from pathlib import Path

import lmdb

Stamp = tuple[int, int, int, int]
"""Device, inode, size and time of change of a store's file: another stamp may be another store."""

SLACK = 1 << 16
"""Bytes that a whole file may end before its last page: LMDB does not write pages that it took and gave back at once."""

_OPEN: dict[str, tuple[Stamp, lmdb.Environment]] = {}


def stamp_of(folder: Path) -> Stamp:
    """The stamp of the folder's file as it is now. Raises OSError."""
    status = (folder / "data.mdb").stat()
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns


def opened(folder: Path, stamp: Stamp | None = None) -> lmdb.Environment:
    """The folder opened for reading, shared by all readers in this process. Raises lmdb.Error, or OSError for one that is cut short."""
    name, stamp = str(folder.resolve()), stamp or stamp_of(folder)
    known = _OPEN.get(name)
    if known is not None and known[0] == stamp:
        return known[1]
    if known is not None:
        known[1].close()
        del _OPEN[name]
    environment = lmdb.open(name, readonly=True, lock=False, readahead=False, max_spare_txns=4)
    _refuse_cut_short(environment, stamp[2])
    _OPEN[name] = (stamp, environment)
    return environment


def close_all() -> None:
    """Closes every folder; the next reader opens it again."""
    for _, environment in _OPEN.values():
        environment.close()
    _OPEN.clear()


def _refuse_cut_short(environment: lmdb.Environment, size: int) -> None:
    """Reading beyond the end of a mapped file would end the process without a word."""
    whole = (environment.info()["last_pgno"] + 1) * environment.stat()["psize"]
    if size + SLACK < whole:
        environment.close()
        raise OSError(f"its file has {size} of {whole} bytes, as after a copy that was stopped")


os.register_at_fork(before=close_all)
