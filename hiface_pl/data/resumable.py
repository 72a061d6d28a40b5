"""What a data module needs so that training goes on with exactly the samples that a stopped run would have taken next."""

import os
import signal
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, TypeVar

import lightning
import torch
from lightning.pytorch.utilities import rank_zero_warn
from torch.utils.data import DataLoader, Dataset, Sampler
from typing_extensions import override

from hiface_pl.data.order import EpochOrder
from hiface_pl.training.position import Position

Item = TypeVar("Item")


class ResumableData(lightning.LightningDataModule, ABC):
    """A data module whose checkpoints know the epoch and how many of its batches are done.

    A subclass says in `new_order` how its training samples are shuffled and gives `train_order()` to its loader. After `load_state_dict`
    that order starts where the checkpoint was written. Where the store or the batches of all processes together have changed since, the
    unfinished epoch is closed with a warning.
    """

    start = Position(0, 0)
    """Where the next training starts."""

    @abstractmethod
    def new_order(self) -> EpochOrder:
        """The order of the training samples, for this process. Raises ConfigError."""

    def train_order(self) -> EpochOrder:
        """The order from where training is to go on."""
        order = self.new_order()
        order.go_on_from(self.start.epoch, self.start.batches)
        return order

    @property
    def rank(self) -> int:
        """This process among all that train together."""
        return self.trainer.global_rank if self.trainer else 0

    @property
    def world(self) -> int:
        """How many processes train together."""
        return self.trainer.world_size if self.trainer else 1

    @override
    def state_dict(self) -> dict[str, Any]:
        if self.trainer is None or self.trainer.state.fn != "fit":
            return {}
        position = Position.of(self.trainer)
        return {"epoch": position.epoch, "batches": position.batches, **self.new_order().identity}

    @override
    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        if self.trainer is None or self.trainer.state.fn != "fit":
            return
        stored, order = Position(state_dict["epoch"], state_dict["batches"]), self.new_order()
        if all(state_dict.get(name) == value for name, value in order.identity.items()):
            self.start = stored
            return
        self.start = Position(stored.epoch + 1, 0)
        rank_zero_warn(
            f"the checkpoint was written with {_told(state_dict)}, there are now {_told(order.identity)}: "
            f"epoch {stored.epoch} is not finished"
        )


class ResumableLoader(DataLoader[Item]):
    """A loader that tells the trainer that it can go on in the middle of an epoch: its position is in the data module's state.

    It draws nothing from the global generator, and its processes leave the signals that stop a training to the training.
    """

    def __init__(self, dataset: Dataset[Item], batches: Sampler[list[int]], collate: Callable[[list[Item]], Any], workers: int = 0) -> None:
        super().__init__(
            dataset,
            batch_sampler=batches,
            collate_fn=collate,
            num_workers=workers,
            persistent_workers=workers > 0,
            worker_init_fn=partial(leave_signals_alone, os.getpid()),
            generator=torch.Generator().manual_seed(0),
        )

    def state_dict(self) -> dict[str, Any]:
        """Nothing: the data module keeps the position."""
        return {}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Nothing: the data module has set the order's start."""


def leave_signals_alone(training: int, worker: int) -> None:  # noqa: ARG001
    """For loader processes: schedulers and terminals signal a whole group, but only the training itself decides when to stop.

    A loader process whose training is gone ends by itself, also one that starts only then, which torch would leave running.
    """
    if os.getppid() != training:
        os._exit(1)

    def end_if_alone(signum: int, frame: Any) -> None:  # noqa: ARG001
        if os.getppid() != training:
            os._exit(128 + signum)

    for signum in (signal.SIGINT, signal.SIGTERM, signal.SIGUSR1):
        signal.signal(signum, end_if_alone)


def _told(order: Mapping[str, int]) -> str:
    photos = f", {order['photos']} photos, {order['photos_together']} a step" if "photos" in order else ""
    return f"{order['count']} samples, {order['together']} a step{photos}, seed {order['seed']}"
