"""Open LMDB folders of this process. LMDB allows one handle a folder and process, and no handle may cross a fork: both are seen to here."""

import os
from pathlib import Path

import lmdb

_OPEN: dict[str, tuple[int, lmdb.Environment]] = {}


def opened(folder: Path) -> lmdb.Environment:
    """The folder opened for reading, shared by all readers in this process. Raises lmdb.Error or OSError."""
    name = str(folder.resolve())
    file = (folder / "data.mdb").stat().st_ino
    known = _OPEN.get(name)
    if known is not None and known[0] == file:
        return known[1]
    if known is not None:
        known[1].close()
    _OPEN[name] = (file, lmdb.open(name, readonly=True, lock=False, readahead=False, max_spare_txns=4))
    return _OPEN[name][1]


def close_all() -> None:
    """Closes every folder; the next reader opens it again."""
    for _, environment in _OPEN.values():
        environment.close()
    _OPEN.clear()


os.register_at_fork(before=close_all)
