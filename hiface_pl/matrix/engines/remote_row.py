"""A row on some machine of a Ray cluster."""

import contextlib
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from hiface_pl.matrix.row_parcel import pack, unpack
from hiface_pl.matrix.row_plan import RowPlan
from hiface_pl.ray_cluster import enter_folder, imported_ray


@dataclass(frozen=True)
class Place:
    """The machine that a row was given, and whether it sees the runner's folder of runs."""

    machine: str
    node: str
    shared: bool


@dataclass(frozen=True)
class RemoteEnd:
    """What a row printed besides its log, and its folder where nobody else sees it."""

    said: str
    parcel: bytes | None


class RemoteRow:
    """Carries out one row. Ray keeps its cores and GPUs while this object lives, and calls its methods from several threads."""

    def __init__(self, plan: RowPlan, folder: str, environment: Mapping[str, str]) -> None:
        self.plan = replace(plan, program=(sys.executable, *plan.program[1:]))
        self.folder, self.environment = folder, environment
        self._line: int | None = None
        self._told = b""
        self._lock = threading.Lock()

    def look(self, token: str) -> Place:
        """Where this is; `token` is a file that the runner has just written into its folder of runs. Raises ConfigError."""
        enter_folder(self.folder)
        return Place(socket.gethostname(), imported_ray().get_runtime_context().get_node_id(), Path(token).exists())

    def run(self, shared: bool, needed: Sequence[bytes]) -> RemoteEnd:
        """Carries out the row, which starts from the rows `needed` where these are not here."""
        for parcel in needed:
            unpack(parcel, Path(self.plan.runs))
        ours, theirs = os.pipe()
        with self._lock:
            self._line = theirs
            os.write(theirs, self._told)
        command = [sys.executable, "-m", "hiface_pl.matrix.engines.guarded_row", self.plan.as_process()[-1]]
        process = subprocess.Popen(
            command, stdin=ours, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env={**os.environ, **self.environment}
        )
        os.close(ours)
        said, _ = process.communicate()  # until the row has ended
        return RemoteEnd(said.decode(errors="replace"), None if shared else pack(self.plan.folder))

    def stop(self, at_once: bool) -> None:
        """See `guarded_row`."""
        told = b"xx" if at_once else b"x"
        with self._lock:
            self._told += told
            if self._line is not None:
                with contextlib.suppress(BrokenPipeError):  # it has just ended
                    os.write(self._line, told)


def answers() -> bool:
    """What a machine says that works."""
    return True
