"""Which faces and which photos a step takes together, in every process."""

from collections.abc import Iterator

import numpy as np
from typing_extensions import override

from hiface_pl.data.order import EpochOrder, EvenShares, permutation
from hiface_pl.errors import ConfigError

PHOTOS = 0x9E3779B9
"""Added to the seed for the order of photos, which has nothing to do with that of the faces."""


class MixedOrder(EpochOrder):
    """Full batches of which `share` are photos, in every process as many: faces first, then photos, counted on behind `faces`.

    An epoch is one pass over the faces, in the order of `EpochOrder`. Photos come in passes of their own, each in a new order, that go on
    from epoch to epoch, so that each has been taken as often as any other, but for one pass. Like the faces', their order depends on the
    seed and on where the training stands alone. Raises ConfigError where a batch has no room for both.
    """

    def __init__(self, faces: int, photos: int, batch_size: int, share: float, seed: int, rank: int = 0, world: int = 1) -> None:
        self.own = round(batch_size * share)
        if not 0 < self.own < batch_size:
            raise ConfigError(
                f"a batch of {batch_size} with a share of {share:g} photos holds {self.own} photos: change data.batch_size or "
                "data.photos_share, or set data.photos to null"
            )
        super().__init__(faces, batch_size - self.own, seed, rank, world)
        self.photos = photos
        self._drawn: tuple[int, np.ndarray] = (-1, np.empty(0, dtype=np.int64))

    @property
    @override
    def identity(self) -> dict[str, int]:
        return super().identity | {"photos": self.photos, "photos_together": self.own * self.world}

    @override
    def __iter__(self) -> Iterator[list[int]]:
        epoch, batches = self.start
        before = self.epoch * len(self) + (batches if epoch == self.epoch else 0)
        for step, faces in enumerate(super().__iter__(), before):
            first = (step * self.world + self.rank) * self.own
            yield faces + [self.count + self._photo(place) for place in range(first, first + self.own)]

    def _photo(self, place: int) -> int:
        number, within = divmod(place, self.photos)
        if self._drawn[0] != number:
            self._drawn = number, permutation(self.photos, self.seed + PHOTOS, number)
        return int(self._drawn[1][within])


class MixedShares(EvenShares):
    """For measuring: even shares of the faces, then of the photos, counted on behind `faces`; no batch holds both."""

    def __init__(self, faces: int, photos: int, batch_size: int, rank: int = 0, world: int = 1) -> None:
        super().__init__(faces, batch_size, rank, world)
        self.batches = [*self.batches, *(batch + faces for batch in EvenShares(photos, batch_size, rank, world).batches)]
