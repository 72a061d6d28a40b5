"""Finds losses that are not finite without making the host wait for an accelerator."""

import math
from collections import deque
from dataclasses import dataclass

import torch
from jaxtyping import Int
from torch import Tensor

from hiface_pl.errors import Teller, TrainingError
from hiface_pl.losses.bundle import LossReport

SHOWN = 8


class Arrival:
    """A copy of a device's numbers on its way to the host. On CPUs it is there at once."""

    def __init__(self, values: Tensor) -> None:
        self.event: torch.Event | None = None
        self.host = values
        if values.device.type != "cpu":
            self.host = torch.empty(values.shape, dtype=values.dtype, pin_memory=True).copy_(values, non_blocking=True)
            self.event = torch.Event(values.device)
            self.event.record()

    def ready(self) -> bool:
        """Whether the numbers are there."""
        return self.event is None or self.event.query()

    def numbers(self) -> list[float]:
        """The numbers; waits for those that are still on their way."""
        if self.event is not None:
            self.event.synchronize()
        numbers: list[float] = self.host.tolist()
        return numbers


@dataclass(frozen=True)
class _Seen:
    names: tuple[str, ...]
    values: Arrival
    samples: Int[Tensor, " n"]


class FiniteWatch:
    """Raises TrainingError, with the names of the terms, for losses that are not finite.

    On CPUs at once, before the weights change. On accelerators as soon as the numbers have arrived, a step or two later, so that the host
    can run ahead; `settle` waits for all of them. It is called before weights are validated or written, so that no checkpoint ever holds
    weights that such a loss has touched.
    """

    def __init__(self, arrival: type[Arrival] = Arrival) -> None:
        self._arrival = arrival
        self._pending: deque[_Seen] = deque()

    def note(self, report: LossReport, samples: Int[Tensor, " b"]) -> None:
        """Looks at this step's losses when they arrive, and at those of former steps that have arrived."""
        values = report.values if report.own is None else torch.cat([report.values, report.own])
        self._pending.append(_Seen(report.names, self._arrival(values), samples[:SHOWN]))
        while self._pending and self._pending[0].values.ready():
            self._check()

    def settle(self) -> None:
        """Waits for the losses of all steps so far and looks at them."""
        while self._pending:
            self._check()

    def _check(self) -> None:
        seen = self._pending.popleft()
        values = seen.values.numbers()
        bad = [name for name, value in zip(seen.names, values, strict=False) if not math.isfinite(value)]
        if bad:
            self._pending.clear()
            raise _not_finite(bad, seen.samples.tolist(), is_own=not all(map(math.isfinite, values[-len(seen.names) :])))


def _not_finite(bad: list[str], samples: list[int], *, is_own: bool) -> TrainingError:
    where = (
        f"on the batch of samples {', '.join(map(str, samples))} ..." if is_own else "on the samples of another process, which names them"
    )
    error = TrainingError(
        f"the loss {' and '.join(bad)} is not finite {where}: no checkpoint holds weights that were updated with it; resume from the last "
        f"one with a lower learning rate, or set model.losses.{bad[0]} to null"
    )
    error.teller = Teller.PROCESS if is_own else Teller.FIRST
    return error
