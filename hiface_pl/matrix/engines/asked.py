"""What a row asks of the machine that carries it out, read off its configuration."""

from dataclasses import dataclass
from typing import Any

from hiface_pl.errors import ConfigError
from hiface_pl.matrix.row_plan import RowPlan

GPU = {"gpu", "cuda"}


@dataclass(frozen=True)
class Asked:
    """Cores and GPUs of one machine, `processes` of which train together."""

    cores: int
    gpus: int
    processes: int

    @property
    def told(self) -> str:
        """In words."""
        gpus = f"{self.gpus} GPU{'s' * (self.gpus > 1)} and " * bool(self.gpus)
        return f"{gpus}{self.cores} core{'s' * (self.cores > 1)}"

    @classmethod
    def by(cls, plan: RowPlan) -> "Asked":
        """As many GPUs as trainer.devices says, with a core each; without GPUs a core a process and one for each of its data.workers.

        Raises ConfigError where the configuration leaves it to whatever machine it meets.
        """
        trainer = plan.config.get("trainer") or {}
        accelerator, on_gpus = trainer.get("accelerator"), trainer.get("accelerator") in GPU
        if not on_gpus and accelerator != "cpu":
            raise ConfigError(_left_open(plan, "trainer.accelerator", accelerator, "cpu or gpu"))
        processes = _count(trainer.get("devices", None if on_gpus else 1))
        if processes < 1:
            raise ConfigError(_left_open(plan, "trainer.devices", trainer.get("devices"), "a number"))
        if _count(trainer.get("num_nodes", 1)) != 1:
            raise ConfigError(
                f"{plan.told} is to train on several machines together, and Ray gives a row one: start it with torchrun, as "
                "docs/cluster.md says"
            )
        workers = _count((plan.config.get("data") or {}).get("init_args", {}).get("workers", 0))
        return cls(processes * (1 if on_gpus else 1 + workers), processes * on_gpus, processes)


def _count(value: Any) -> int:
    """A number, however it is written, or that of a list; 0 for anything else, such as `auto`."""
    if isinstance(value, list):
        return len(value)
    return int(value) if str(value).isdigit() else 0


def _left_open(plan: RowPlan, leaf: str, value: Any, wanted: str) -> str:
    return f"{plan.told} has {leaf} {value!r}, and a cluster has to know what to look for: write {wanted} into a file and give it by --over"
