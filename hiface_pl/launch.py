"""Who started this process, and which of how many it is: read from the environment, before anything heavy is imported."""

import os
from collections.abc import Mapping
from dataclasses import dataclass

from hiface_pl.errors import HifaceError, Teller

RUN_FOLDER = "HIFACE_RUN_FOLDER"
"""Tells the other processes of a run, and messages about it, which folder the first process chose."""
INTERACTIVE = {"bash", "interactive"}
"""SLURM job names under which Lightning takes a process for one that stands alone."""


@dataclass(frozen=True)
class Launch:
    """One process of a training. `starter` is `torchrun` or `SLURM` where one of them starts every process, else empty."""

    starter: str = ""
    rank: int = 0
    world_size: int = 1
    local_rank: int = 0
    nodes: int = 1

    @classmethod
    def current(cls, environment: Mapping[str, str] | None = None) -> "Launch":
        """What the environment says. Our own processes have LOCAL_RANK alone, since Lightning starts them on one machine."""
        known = os.environ if environment is None else environment
        if "TORCHELASTIC_RUN_ID" in known:
            rank, world, local, local_world = (int(known[name]) for name in ("RANK", "WORLD_SIZE", "LOCAL_RANK", "LOCAL_WORLD_SIZE"))
            return cls("torchrun", rank, world, local, world // local_world)
        if "SLURM_NTASKS" in known and known.get("SLURM_JOB_NAME") not in INTERACTIVE:
            rank, world, local, nodes = (
                int(known.get(name, default))
                for name, default in (("SLURM_PROCID", "0"), ("SLURM_NTASKS", "1"), ("SLURM_LOCALID", "0"), ("SLURM_NNODES", "1"))
            )
            return cls("SLURM", rank, world, local, nodes)
        local = int(known.get("LOCAL_RANK", "0"))
        return cls("", local, max(int(known.get("WORLD_SIZE", "1")), local + 1), local)

    @property
    def is_first(self) -> bool:
        """Whether this process prints and writes for all of them."""
        return self.rank == 0

    def says(self, error: HifaceError) -> str | None:
        """What this process prints about an error, None where another process says the same."""
        if self.is_first:
            return f"hiface-pl: {error}"
        if error.teller is Teller.PROCESS:
            return f"hiface-pl: process {self.rank}: {error}"
        if error.teller is Teller.NODE and self.local_rank == 0:
            return f"hiface-pl: on the machine of process {self.rank}: {error}"
        return None
