"""Which samples a step takes: an order of our own that depends on numbers alone, so that it can go on anywhere, in any number of processes.

Paper: nothing is said about the order. Our choice: a permutation drawn from (seed, epoch) by a counter-based generator.
"""

from collections.abc import Iterator

import numpy as np
from torch.utils.data import Sampler

from hiface_pl.errors import ConfigError


class EpochOrder(Sampler[list[int]]):
    """Shuffled batches of full size: a batch sampler.

    Step k of an epoch takes samples k G to (k + 1) G of the epoch's permutation, G = `batch_size` x `world`, and process `rank` the
    `rank`-th part of them. So every process has as many batches as the others, and together they take what one process with batches of G
    would. What does not fill a batch waits for another epoch. Stores smaller than G make smaller batches, one an epoch.

    `go_on_from` sets where the next passes start; `set_epoch` is called by the trainer.
    """

    def __init__(self, count: int, batch_size: int, seed: int, rank: int = 0, world: int = 1) -> None:
        self.batch_size = min(batch_size, count // world)
        if self.batch_size < 1:
            raise ConfigError(
                f"the training store has {count} samples, too few for {world} processes with batches of {batch_size}: make a larger store, "
                "or lower data.batch_size or the number of processes"
            )
        self.count, self.seed, self.rank, self.world = count, seed, rank, world
        self.epoch = 0
        self.start = (0, 0)

    @property
    def sampler(self) -> "EpochOrder":
        """Itself: this is where the trainer looks for what has a `set_epoch`."""
        return self

    @property
    def together(self) -> int:
        """Samples that all processes take in one step."""
        return self.batch_size * self.world

    @property
    def identity(self) -> dict[str, int]:
        """What two orders have to share so that one can go on with the other's epoch."""
        return {"count": self.count, "together": self.together, "seed": self.seed}

    def __len__(self) -> int:
        """Batches of a whole epoch, wherever the next pass starts."""
        return self.count // self.together

    def set_epoch(self, epoch: int) -> None:
        """Chooses the epoch of the next pass, from 0."""
        self.epoch = epoch

    def go_on_from(self, epoch: int, batches: int) -> None:
        """The next pass leaves out the first `batches` of this epoch; passes over other epochs are whole."""
        self.epoch = epoch
        self.start = (epoch, batches)

    def __iter__(self) -> Iterator[list[int]]:
        epoch, batches = self.start
        order = permutation(self.count, self.seed, self.epoch)
        for step in range(batches if epoch == self.epoch else 0, len(self)):
            first = step * self.together + self.rank * self.batch_size
            yield order[first : first + self.batch_size].tolist()


class EvenShares(Sampler[list[int]]):
    """Batches in store order for measuring: a batch sampler that gives every sample to one process, and every process as many batches.

    Sizes of shares and of batches differ by one at most, since a process with fewer batches would leave the others waiting. Batches have
    `batch_size` samples at most, one more where a process would have an empty one.
    """

    def __init__(self, count: int, batch_size: int, rank: int = 0, world: int = 1) -> None:
        if count < world:
            raise ConfigError(
                f"a store of {count} samples cannot be shared by {world} processes: make a larger one, or use fewer processes"
            )
        share = np.array_split(np.arange(count), world)[rank]
        self.batches = np.array_split(share, min(-(-count // (batch_size * world)), count // world))

    def __len__(self) -> int:
        return len(self.batches)

    def __iter__(self) -> Iterator[list[int]]:
        return (batch.tolist() for batch in self.batches)


def permutation(count: int, seed: int, epoch: int) -> np.ndarray:
    """The order of an epoch, (count,) integers; no state but the three numbers goes into it."""
    return np.random.Generator(np.random.Philox(key=[seed, epoch])).permutation(count)
