"""The trainer's counters in a checkpoint, brought to one form whatever the hook that wrote it: so many batches are wholly done.

Lightning stores its counters as they are in the middle of things and guesses at the restart which hook it was; in some of them it repeats
or leaves out a validation, or counts an epoch that was not finished. The form used here is one that it continues from without a guess.
"""

from typing import Any

from hiface_pl.training.position import Position

Counters = dict[str, Any]


def settle(fit_loop: Counters, position: Position, steps: int, *, validation_pending: bool) -> None:
    """Rewrites the counters of the fit loop: `position` in its epoch, `steps` of the optimiser, and whether the validation that is due
    after the last batch is still to be run, which it then is as a whole.
    """
    batches = fit_loop["epoch_loop.batch_progress"]
    begun = 1 if fit_loop["epoch_progress"]["current"]["ready"] else 0
    for scope in ("total", "current"):
        _put(fit_loop["epoch_progress"][scope], ready=position.epoch + begun, completed=position.epoch)
    _put(batches["total"], batches["total"]["processed"])
    _put(batches["current"], position.batches)
    validation = fit_loop["epoch_loop.val_loop.batch_progress"]
    for scope in ("total", "current"):
        _put(validation[scope], 0)
    if validation_pending:
        _put(validation["total"], ready=1, completed=0)
    loop = fit_loop["epoch_loop.state_dict"]
    loop["_batches_that_stepped"] = max(steps - 1, 0)
    fit_loop["state_dict"].pop("combined_loader", None)


def close_epoch(fit_loop: Counters) -> None:
    """Rewrites settled counters so that training goes on with the first batch of the next epoch."""
    finished = fit_loop["epoch_progress"]["current"]["ready"]
    for scope in ("total", "current"):
        _put(fit_loop["epoch_progress"][scope], finished)
    _put(fit_loop["epoch_loop.batch_progress"]["current"], 0)
    _put(fit_loop["epoch_loop.val_loop.batch_progress"]["total"], 0)
    fit_loop["epoch_loop.batch_progress"]["is_last_batch"] = False


def _put(counter: Counters, ready: int, completed: int | None = None) -> None:
    """Events that are done, and perhaps one that was begun."""
    completed = ready if completed is None else completed
    counter.update(ready=ready, started=ready, processed=completed, completed=completed)
