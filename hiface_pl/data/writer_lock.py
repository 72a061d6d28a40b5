"""One writer a store. The lock belongs to a process and ends with it, however it ends; the file that stays behind locks nobody out."""

import fcntl
import os
import socket
from pathlib import Path
from typing import IO

from hiface_pl.errors import OutputError, StoreError


class WriterLock:
    """Holds the lock file of a folder until it is released or the process ends.

    Raises StoreError, which names the holder, where another process holds it; OutputError where the file system has no locks.
    """

    def __init__(self, path: Path, store: Path) -> None:
        self.path = path
        try:
            self._file: IO[str] = path.open("a+")
        except OSError as error:
            raise OutputError(f"cannot write into {path.parent} ({error.strerror}): name another output folder") from error
        try:
            self._take(store)
        except BaseException:
            self._file.close()
            raise

    def _take(self, store: Path) -> None:
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            ours = self.path.stat().st_ino == os.fstat(self._file.fileno()).st_ino
        except (BlockingIOError, FileNotFoundError):
            ours = False
        except OSError as error:
            raise OutputError(
                f"cannot lock {self.path} ({error.strerror}): name an output folder on a disk that knows file locks"
            ) from error
        if not ours:
            raise StoreError(f"the store {store} is being written by {self._holder()}: wait for it, stop it, or name another store")
        self._say_who()

    def release(self, *, remove: bool = False) -> None:
        """Lets go, and removes the file first if nothing will be written beside it any more."""
        if remove:
            self.path.unlink(missing_ok=True)
        self._file.close()

    def _holder(self) -> str:
        self._file.seek(0)
        return self._file.read().strip() or "another process"

    def _say_who(self) -> None:
        try:
            self._file.truncate(0)
            self._file.write(f"process {os.getpid()} on {socket.gethostname()}")
            self._file.flush()
        except OSError as error:
            raise OutputError(f"cannot write into {self.path.parent} ({error.strerror}): free some space or name another place") from error
