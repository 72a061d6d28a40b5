"""The pictures of a store as work for an engine."""

import os
import socket
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import cv2
import torch
from typing_extensions import override

from hiface_pl.data.engines.task import Task
from hiface_pl.data.photos.face_maker import FaceMaker, Outcome
from hiface_pl.data.photos.perception import PerceptionFactory
from hiface_pl.data.photos.photo_meta import PhotoMeta
from hiface_pl.data.photos.sources import Source
from hiface_pl.errors import StoreError
from hiface_pl.ray_cluster import enter_folder


@dataclass(frozen=True)
class NumberedSource:
    """A picture, its number in the store's list, and its bytes as the process that writes the store sees it."""

    number: int
    source: Source
    length: int


@dataclass
class PhotoWork(Task[NumberedSource, Outcome]):
    """Looks at pictures, whose names count from `folder`. Each process makes its own networks, once."""

    factory: PerceptionFactory
    meta: PhotoMeta
    folder: str = field(default_factory=lambda: str(Path.cwd()))
    key: str = field(default_factory=lambda: uuid4().hex)
    _maker: FaceMaker | None = None

    def __getstate__(self) -> dict[str, Any]:
        return vars(self) | {"_maker": None}

    @override
    def make(self, pieces: Iterable[NumberedSource]) -> Iterator[tuple[int, Outcome]]:
        """Raises StoreError for a photo that is another one here than where the store is written, ConfigError for a missing folder."""
        if self._maker is None:
            enter_folder(self.folder)
            torch.set_num_threads(1)
            cv2.setNumThreads(1)
            self._maker = FaceMaker(self.factory(), self.meta.image_size, self.meta.limits, self.meta.people)
        for piece in pieces:
            _require_same(piece)
            yield piece.number, self._maker.make(piece.source)


def _require_same(piece: NumberedSource) -> None:
    here = piece.source.length
    if here != piece.length:
        found = "no such file" if here < 0 else f"{here} bytes instead of {piece.length}"
        raise StoreError(
            f"process {os.getpid()} on {socket.gethostname()} sees {found} where the photo {piece.source.name} should be: photos may not "
            "change while a store is made, and have to lie at the same place on all machines"
        )
