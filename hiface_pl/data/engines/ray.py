"""Samples from the machines of a Ray cluster."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from typing_extensions import override

from hiface_pl.data.engines.base import Engine
from hiface_pl.data.engines.task import Made, Piece, Task, make_here
from hiface_pl.errors import HifaceError, OutputError
from hiface_pl.ray_cluster import connect, first_line, imported_ray

SHARD = 128
RETRIES = 20
"""How often a shard is made again after its process or its machine was lost."""
AHEAD = 2
"""Shards a core that are made or wait for a core, so that none stands idle."""
PATIENCE = 30.0
"""Seconds without a finished shard after which we look whether anybody is left to make one."""


class RayEngine(Engine):
    """Makes shards of `shard` consecutive pieces on the machines of a running Ray cluster, which RAY_ADDRESS names if it is not this one.

    A finished shard travels to the calling process as bytes and is merged into the store there and then: no common folder is needed, and
    what is written is never made again. A shard whose process or machine was lost is made elsewhere. All machines need the same version of
    this package, the same face model, and photos at the same place; a shard of a machine that differs is refused. Raises ConfigError where
    Ray is not installed or no cluster runs, OutputError where the cluster is lost.
    """

    def __init__(self, jobs: int | None = None, shard: int = SHARD) -> None:
        super().__init__(jobs)
        self.shard = shard
        self._ray = imported_ray()

    @override
    @contextmanager
    def records(self, work: Task[Piece, Made], pieces: Sequence[Piece]) -> Iterator[Iterator[tuple[int, Made]]]:
        ours = connect(self._ray)
        try:
            yield self._as_they_come(work, pieces)
        finally:
            if ours:
                self._ray.shutdown()

    def _as_they_come(self, work: Task[Piece, Made], pieces: Sequence[Piece]) -> Iterator[tuple[int, Made]]:
        failures = self._ray.exceptions
        make = self._ray.remote(max_retries=RETRIES)(make_here)
        pending: list[Any] = []
        try:
            for start in range(0, len(pieces), self.shard):
                pending.append(make.remote(work, pieces[start : start + self.shard]))
                while len(pending) >= self._most():
                    yield from self._next(pending)
            while pending:
                yield from self._next(pending)
        except failures.RayTaskError as error:
            if isinstance(error.cause, HifaceError):
                raise error.cause from error
            raise
        except failures.RayError as error:
            raise OutputError(
                f"the Ray cluster was lost ({first_line(error)}): what was made before is kept, give the command again when it runs"
            ) from error
        finally:
            for shard in pending:
                self._ray.cancel(shard, force=True)

    def _most(self) -> int:
        """Shards under way at once; grows and shrinks with the cluster."""
        return self.jobs or max(1, AHEAD * self._cores())

    def _cores(self) -> int:
        return int(self._ray.cluster_resources().get("CPU", 0))

    def _next(self, pending: list[Any]) -> list[tuple[int, Made]]:
        """The records of a finished shard, which leaves the list."""
        done: list[Any] = []
        while not done:
            done, _ = self._ray.wait(pending, num_returns=1, timeout=PATIENCE)
            if not done and not self._cores():
                raise OutputError("no machine of the Ray cluster has a core left: what was made before is kept, add machines and go on")
        records: list[tuple[int, Made]] = self._ray.get(done[0])
        pending.remove(done[0])
        return records
