"""Where a training stands: which epoch, how many of its batches are done, and what is left to do after the last of them."""

from dataclasses import dataclass

import lightning


@dataclass(frozen=True)
class Position:
    """`epoch` counts from 0, `batches` are those of this epoch whose step is done, in every process alike."""

    epoch: int
    batches: int

    @classmethod
    def of(cls, trainer: lightning.Trainer) -> "Position":
        """The position from the trainer's own count, in any of its hooks: what loader processes have read ahead does not matter.

        Counts of what was begun are used, because those of finished epochs also move when a run ends in the middle of one.
        """
        epochs, batches = trainer.fit_loop.epoch_progress.current, trainer.fit_loop.epoch_loop.batch_progress.current
        begun = getattr(epochs, "started", 0) == epochs.ready
        return cls(max(epochs.ready - 1, 0), getattr(batches, "processed", 0) if begun else 0)


def gradients_are_kept(trainer: lightning.Trainer) -> bool:
    """Whether the batch at hand only adds to gradients that a later one will use: no moment for a checkpoint, which does not hold them."""
    return trainer.fit_loop._should_accumulate()  # noqa: SLF001 - the trainer alone knows, and tells nobody


def validation_is_due(trainer: lightning.Trainer) -> bool:
    """Whether the trainer will validate after the batch at hand. For the end of a batch."""
    loop = trainer.fit_loop
    return loop._data_fetcher is not None and loop.epoch_loop._should_check_val_fx(loop._data_fetcher)  # noqa: SLF001 - likewise
