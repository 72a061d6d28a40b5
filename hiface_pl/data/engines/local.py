"""Samples from the processes of this machine."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import partial
from itertools import chain

from typing_extensions import override

from hiface_pl.data.engines.base import Engine
from hiface_pl.data.engines.task import Made, Piece, Task, make_here
from hiface_pl.processes import spread

CHUNK = 8


class LocalEngine(Engine):
    """Makes records in `jobs` processes, or in this one where one is enough.

    Processes end when the one that started them ends, however it ends. One that the system killed is noticed: what the others had
    finished is handed on, then OutputError says what happened.
    """

    @override
    def records(self, work: Task[Piece, Made], pieces: Sequence[Piece]) -> AbstractContextManager[Iterator[tuple[int, Made]]]:
        if (self.jobs or 1) == 1 or len(pieces) <= CHUNK:
            return nullcontext(work.make(pieces))
        return _pooled(work, pieces, self.jobs or 1)


@contextmanager
def _pooled(work: Task[Piece, Made], pieces: Sequence[Piece], jobs: int) -> Iterator[Iterator[tuple[int, Made]]]:
    chunks = [pieces[start : start + CHUNK] for start in range(0, len(pieces), CHUNK)]
    with spread(partial(make_here, work), chunks, jobs, "makes samples") as made:
        yield chain.from_iterable(made)
