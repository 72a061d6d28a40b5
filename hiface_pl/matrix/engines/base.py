"""What every engine does: it carries out plans, each in a process of its own, wherever it likes."""

from abc import ABC, abstractmethod

from hiface_pl.matrix.row_plan import RowPlan


class Engine(ABC):
    """Carries out rows, `jobs` at once. Which, and when, is the runner's; how a row ended lies in its folder, which all have to see."""

    def __init__(self, jobs: int = 1) -> None:
        self.jobs = jobs

    @property
    @abstractmethod
    def free(self) -> bool:
        """Whether another row can be started."""

    @property
    @abstractmethod
    def running(self) -> list[RowPlan]:
        """The rows that were started and have not ended."""

    @abstractmethod
    def start(self, plan: RowPlan) -> None:
        """Begins a row and returns at once. Raises HifaceError where it cannot."""

    @abstractmethod
    def wait(self, seconds: float) -> list[RowPlan]:
        """The rows that ended since the last call, after at most so many seconds."""

    @abstractmethod
    def stop(self, at_once: bool = False) -> None:
        """Tells all rows to save and stop, or ends them where they are. They end as others do."""
