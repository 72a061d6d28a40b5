"""Work spread over the processes of this machine, its results in order. Nothing heavy is imported here."""

import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing.context import SpawnContext, SpawnProcess
from typing import Any, TypeVar

from typing_extensions import override

from hiface_pl.errors import OutputError

AHEAD = 3
"""Items a process that are made or wait to be taken: keeps all busy, and memory as it is."""
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")

Item = TypeVar("Item")
Result = TypeVar("Result")


def usable_cores() -> int:
    """Cores that this process may run on."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextmanager
def spread(
    function: Callable[[Item], Result], items: Sequence[Item], jobs: int, what: str, *, threads: int | None = None
) -> Iterator[Iterator[Result]]:
    """Yields `function` of each item, in order, as `jobs` new processes make them; function and items are pickled.

    Processes end when the one that started them ends, however it ends; Ctrl-C is left to it. With `threads`, numerical libraries take so
    many a process. One that the system killed is noticed: what the others had finished is handed on, then OutputError says that a process
    that `what` died, and why.
    """
    context = _Remembering()
    pool = ProcessPoolExecutor(jobs, context, _start_worker, (threads,))
    try:
        yield _in_order(pool, function, items, jobs)
    except BrokenProcessPool as error:
        pool.shutdown()  # reads how all processes ended, which the system tells one thread alone
        raise OutputError(
            f"a process that {what} died ({_cause_of_death(context.processes)}): what was made before is kept, give the command again, "
            "with fewer --jobs if memory ran out"
        ) from error
    finally:
        pool.shutdown(cancel_futures=True)


def _in_order(pool: ProcessPoolExecutor, function: Callable[[Item], Result], items: Sequence[Item], jobs: int) -> Iterator[Result]:
    """Keeps the pool busy and hands on what it makes, in order; what is finished also when the pool breaks."""
    pending: deque[Future[Result]] = deque()
    try:
        for item in items:
            pending.append(pool.submit(function, item))
            if len(pending) >= AHEAD * jobs:
                yield pending.popleft().result()
        while pending:
            yield pending.popleft().result()
    except BrokenProcessPool:
        for future in pending:
            if future.done() and future.exception() is None:
                yield future.result()
        raise


class _Remembering(SpawnContext):
    """Keeps the processes that a pool starts, since it forgets them when it ends."""

    def __init__(self) -> None:
        super().__init__()
        self.processes: list[SpawnProcess] = []

    @override
    def Process(self, *arguments: Any, **options: Any) -> SpawnProcess:  # type: ignore[override]  # a class there, called alike
        self.processes.append(SpawnProcess(*arguments, **options))
        return self.processes[-1]


def _cause_of_death(workers: Sequence[SpawnProcess]) -> str:
    """The first death that is not the pool's own end, of processes that have all ended: it terminates the others when one is lost."""
    for worker in workers:
        code = worker.exitcode
        if code is not None and code not in {0, -signal.SIGTERM}:
            return (
                f"process {worker.pid}, killed by {signal.Signals(-code).name}" if code < 0 else f"process {worker.pid}, exit code {code}"
            )
    return "for a reason that the system does not tell"


def _start_worker(threads: int | None) -> None:
    """Runs before numerical libraries are imported. Ctrl-C is the main process's business: it keeps what the others made."""
    if threads is not None:
        os.environ.update(dict.fromkeys(THREADS, str(threads)))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
