"""How the learning rate changes over a run: the swappable part of a training that says so in shares of the run, not in steps."""

from abc import ABC, abstractmethod

from typing_extensions import override


class Schedule(ABC):
    """A factor of the learning rate. A new schedule is one new subclass, named by `class_path`."""

    @abstractmethod
    def factor(self, progress: float) -> float:
        """The factor after this share of the run, in [0, 1]."""


class ConstantThenLinear(Schedule):
    """Rises over the first `warmup`, stays, and falls linearly to `final` over the last `decay` of the run. Our choice for short runs."""

    def __init__(self, warmup: float = 0.02, decay: float = 0.25, final: float = 0.0) -> None:
        self.warmup = warmup
        self.decay = decay
        self.final = final

    @override
    def factor(self, progress: float) -> float:
        rising = progress / self.warmup if self.warmup > 0 else 1.0
        falling = (1.0 - progress) / self.decay if self.decay > 0 else 1.0
        return min(1.0, max(rising, 1e-3)) * (self.final + (1.0 - self.final) * max(0.0, min(1.0, falling)))
