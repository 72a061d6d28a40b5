"""What every engine does: it carries out plans, each in a process of its own, wherever it likes."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

from hiface_pl.matrix.row_plan import RowPlan


@dataclass(frozen=True)
class EndedRow:
    """A row whose process has ended. `lost` names the machine that was lost under it, if that is why: it may be carried out again."""

    plan: RowPlan
    lost: str = ""


class Engine(ABC):
    """Carries out rows, `jobs` at once, as many as it can if None. Which, and when, is the runner's.

    How a row ended lies in its folder, where the runner sees it by the time that `wait` names the row.
    """

    def __init__(self, jobs: int | None = None) -> None:
        self.jobs = jobs

    @abstractmethod
    def prepare(self, plans: Sequence[RowPlan]) -> None:
        """Gets ready for these rows, before anything is made for them. Raises HifaceError where it will not be able to carry them out."""

    @property
    @abstractmethod
    def free(self) -> bool:
        """Whether another row can be started."""

    @property
    @abstractmethod
    def running(self) -> list[RowPlan]:
        """The rows that were started and have not ended."""

    @abstractmethod
    def start(self, plan: RowPlan) -> str:
        """Begins a row and returns at once, with what people want to know about where."""

    @abstractmethod
    def wait(self, seconds: float) -> list[EndedRow]:
        """The rows that ended since the last call, after at most so many seconds."""

    @abstractmethod
    def stop(self, at_once: bool = False) -> None:
        """Tells all rows to save and stop, or ends them where they are. They end as others do."""
