"""What an engine has done: pieces of work, in a form that travels to other processes."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Generic, TypeVar

Piece = TypeVar("Piece")
"""All that tells a piece from the others, such as its number; small, since it travels."""
Made = TypeVar("Made")


class Task(ABC, Generic[Piece, Made]):
    """What is to be done with each piece; picklable and small. What is costly to set up is set up by the first piece in each process."""

    key: str
    """Tells this task from others in the same process."""

    @abstractmethod
    def make(self, pieces: Iterable[Piece]) -> Iterator[tuple[int, Made]]:
        """What becomes of these pieces, with their numbers. Raises HifaceError where it cannot be made here."""


_resident: dict[str, Task[Any, Any]] = {}


def make_here(task: Task[Piece, Made], pieces: Sequence[Piece]) -> list[tuple[int, Made]]:
    """Pieces made in whichever process calls; it keeps what was set up for the next pieces of the same task."""
    if task.key not in _resident:
        _resident.clear()
        _resident[task.key] = task
    return list(_resident[task.key].make(pieces))
