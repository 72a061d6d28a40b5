"""What every engine does: it has samples made, on whatever processes or machines it knows, and hands them on as they come."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager

from hiface_pl.data.engines.task import Made, Piece, Task


class Engine(ABC):
    """Makes the pieces of a task, such as the records of a store. `jobs` is the most of them under way at once, None leaves it to the
    engine.

    What is written depends on the work alone, never on the engine. Nothing but the process that writes the store touches the disk, so
    machines need no common folder, and a piece of work that is lost is made again.
    """

    def __init__(self, jobs: int | None = None) -> None:
        self.jobs = jobs

    @abstractmethod
    def records(self, work: Task[Piece, Made], pieces: Sequence[Piece]) -> AbstractContextManager[Iterator[tuple[int, Made]]]:
        """What becomes of these pieces, with their numbers, in any order; whatever makes them ends with the block.

        Raises HifaceError where none can be made.
        """
