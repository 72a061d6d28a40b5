"""Samples from the processes of this machine."""

import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import AbstractContextManager, contextmanager, nullcontext
from multiprocessing.process import BaseProcess

from typing_extensions import override

from hiface_pl.data.engines.base import Engine
from hiface_pl.data.engines.work import Record, Work, make_here
from hiface_pl.errors import OutputError

CHUNK = 8
AHEAD = 3
"""Chunks a process that are made or wait to be written: keeps all busy, and memory as it is."""


class LocalEngine(Engine):
    """Makes records in `jobs` processes, or in this one where one is enough.

    Processes end when the one that started them ends, however it ends. One that the system killed is noticed: what the others had
    finished is handed on, then OutputError says what happened.
    """

    @override
    def records(self, work: Work, indices: Sequence[int]) -> AbstractContextManager[Iterator[Record]]:
        if (self.jobs or 1) == 1 or len(indices) <= CHUNK:
            return nullcontext(work.make(indices))
        return _pooled(work, indices, self.jobs or 1)


@contextmanager
def _pooled(work: Work, indices: Sequence[int], jobs: int) -> Iterator[Iterator[Record]]:
    pool = ProcessPoolExecutor(jobs, multiprocessing.get_context("spawn"), _start_worker)
    try:
        yield _in_order(pool, work, indices, jobs)
    finally:
        pool.shutdown(cancel_futures=True)


def _in_order(pool: ProcessPoolExecutor, work: Work, indices: Sequence[int], jobs: int) -> Iterator[Record]:
    """Keeps the pool busy and hands on what it makes, in order."""
    others = set(multiprocessing.active_children())
    pending: deque[Future[list[Record]]] = deque()
    workers: set[BaseProcess] = set()
    try:
        for start in range(0, len(indices), CHUNK):
            pending.append(pool.submit(make_here, work, indices[start : start + CHUNK]))
            workers |= set(multiprocessing.active_children()) - others if len(workers) < jobs else set()
            if len(pending) >= AHEAD * jobs:
                yield from pending.popleft().result()
        while pending:
            yield from pending.popleft().result()
    except BrokenProcessPool as error:
        for future in pending:
            if future.done() and future.exception() is None:
                yield from future.result()
        raise OutputError(
            f"a process that makes samples died ({_cause_of_death(workers)}): what was made before is kept, give the command again, "
            "with fewer --jobs if memory ran out"
        ) from error


def _cause_of_death(workers: set[BaseProcess]) -> str:
    """The first death that is not the pool's own end: it terminates the others when one is lost."""
    for worker in workers:
        worker.join(5)
        code = worker.exitcode
        if code is not None and code not in {0, -signal.SIGTERM}:
            return (
                f"process {worker.pid}, killed by {signal.Signals(-code).name}" if code < 0 else f"process {worker.pid}, exit code {code}"
            )
    return "for a reason that the system does not tell"


def _start_worker() -> None:
    """Ctrl-C is the main process's business: it stops the others after it has kept what they made."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
