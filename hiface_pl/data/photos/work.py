"""The pictures of a store as work for an engine."""

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
from hiface_pl.data.photos.sources import Source, read_sources


@dataclass
class PhotoWork(Task[Outcome]):
    """Looks at the pictures listed in the file `sources`. Each process makes its own networks and reads the list, once."""

    factory: PerceptionFactory
    meta: PhotoMeta
    sources: Path
    key: str = field(default_factory=lambda: uuid4().hex)
    _made: tuple[FaceMaker, list[Source]] | None = None

    def __getstate__(self) -> dict[str, Any]:
        return vars(self) | {"_made": None}

    @override
    def make(self, indices: Iterable[int]) -> Iterator[tuple[int, Outcome]]:
        if self._made is None:
            torch.set_num_threads(1)
            cv2.setNumThreads(1)
            maker = FaceMaker(self.factory(), self.meta.image_size, self.meta.limits, self.meta.people)
            self._made = maker, read_sources(self.sources)
        maker, sources = self._made
        return ((index, maker.make(sources[index])) for index in indices)
