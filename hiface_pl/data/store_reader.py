"""What readers of finished stores share: the file is opened where it is needed, and noticed if another one took its place."""

from abc import ABC, abstractmethod
from pathlib import Path
from typing import ClassVar, Generic, Protocol, TypeVar, runtime_checkable

import lmdb

from hiface_pl.data.handles import Stamp, opened, stamp_of
from hiface_pl.data.store_file import key_of, partial_folder
from hiface_pl.errors import StoreError


@runtime_checkable
class Meta(Protocol):
    """What a store says about itself: `command` makes it again, but for --out, `summary` tells it from another one."""

    @property
    def finished(self) -> bool:
        """Whether everything is written."""

    @property
    def command(self) -> str:
        """See above."""

    @property
    def summary(self) -> str:
        """See above."""


AMeta = TypeVar("AMeta", bound=Meta)


class StoreReader(ABC, Generic[AMeta]):
    """Reads a finished store. Instances hold no open file, so they may travel to workers.

    Raises StoreError where the store is missing, unfinished, cut short or not one of ours, and later, where another one took its place.
    """

    maker: ClassVar[str]
    """The command that makes such stores."""

    def __init__(self, path: Path) -> None:
        self.path = Path(path)
        self._stamp: Stamp | None = None
        self.meta = self._read_meta()

    @abstractmethod
    def _meta_of(self, environment: lmdb.Environment) -> AMeta | None:
        """The meta entry, None where the folder is empty. Raises StoreError where it is another one."""

    def _values(self, indices: list[int]) -> list[bytes]:
        """The records of these samples. Raises StoreError with the number of one that is missing."""
        with self._unchanged().begin(buffers=False) as transaction:
            return [self._present(transaction.get(key_of(index)), index) for index in indices]

    def _present(self, record: bytes | None, index: int) -> bytes:
        if record is None:
            raise StoreError(f"sample {index} is missing in the store {self.path}, which holds {self.meta.summary}")
        return record

    def _unchanged(self) -> lmdb.Environment:
        """The store opened; where its file is not the one that was read last, only if it says the same about itself."""
        environment, stamp = self._environment()
        if stamp != self._stamp:
            meta = self._meta_of(environment)
            if meta != self.meta:
                now = "nothing" if meta is None else meta.summary
                raise StoreError(
                    f"the store {self.path} changed while it was in use (it held {self.meta.summary}; now it holds {now}): "
                    "start again with the store that is meant"
                )
            self._stamp = stamp
        return environment

    def _environment(self) -> tuple[lmdb.Environment, Stamp]:
        try:
            stamp = stamp_of(self.path)
            return opened(self.path, stamp), stamp
        except FileNotFoundError as error:
            raise StoreError(f"the store {self.path} is gone, it was removed or renamed while it was in use: put it back") from error
        except (lmdb.Error, OSError) as error:
            raise StoreError(f"{self.path} is not a readable sample store ({error}): make it with `{self.maker}`") from error

    def _read_meta(self) -> AMeta:
        if not (self.path / "data.mdb").is_file():
            raise StoreError(self._missing())
        environment, self._stamp = self._environment()
        meta = self._meta_of(environment)
        if meta is None:
            raise StoreError(f"the store {self.path} is empty: remove it and make it with `{self.maker} --out {self.path}`")
        if not meta.finished:
            raise StoreError(f"the store {self.path} is unfinished: remove it and make it with `{meta.command} --out {self.path}`")
        return meta

    def _missing(self) -> str:
        if partial_folder(self.path).is_dir():
            return f"the store {self.path} is unfinished: give the `{self.maker}` command that began it again, it goes on where it stopped"
        return f"there is no sample store {self.path}: make one with `{self.maker} --out {self.path}`"
