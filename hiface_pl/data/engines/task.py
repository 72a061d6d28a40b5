"""What an engine has done: numbered pieces of work, in a form that travels to other processes."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from typing import Generic, TypeVar

Made = TypeVar("Made")


class Task(ABC, Generic[Made]):
    """Pieces 0, 1, ... of one piece of work; picklable and small. What is costly to set up is set up by the first piece in each process."""

    key: str
    """Tells this task from others in the same process."""

    @abstractmethod
    def make(self, indices: Iterable[int]) -> Iterator[tuple[int, Made]]:
        """These pieces with their numbers. Raises HifaceError where they cannot be made here."""


_resident: dict[str, Task] = {}


def make_here(task: Task[Made], indices: Sequence[int]) -> list[tuple[int, Made]]:
    """Pieces made in whichever process calls; it keeps what was set up for the next pieces of the same task."""
    if task.key not in _resident:
        _resident.clear()
        _resident[task.key] = task
    return list(_resident[task.key].make(indices))
