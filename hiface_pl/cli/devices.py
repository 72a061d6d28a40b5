"""Whether this machine has the devices that a configuration asks for: told before data is opened and networks are built."""

import os
from typing import Any

import torch

from hiface_pl.errors import ConfigError
from hiface_pl.launch import Launch

GPUS = {"gpu", "cuda"}
ALL = {"auto", "-1"}
MINI = "add `--config experiments/scale/mini.yaml` for the same method on two CPU cores, or `--trainer.accelerator cpu --trainer.devices 1`"


def require_devices(trainer: Any, batch_size: int | None, launch: Launch) -> None:
    """Raises ConfigError where trainer.accelerator, devices or num_nodes ask for more than there is, or than was started.

    `batch_size` is that of one process, for advice.
    """
    on_gpus = str(trainer.accelerator) in GPUS and not torch.backends.mps.is_available()
    present = torch.cuda.device_count() if on_gpus else None
    if present == 0:
        raise ConfigError(f"trainer.accelerator is {trainer.accelerator}, but PyTorch finds no GPU on this machine: {MINI}")
    asked = asked_for(trainer.devices, present)
    if present is not None and asked > present:
        raise ConfigError(f"trainer.devices asks for {asked} GPUs, this machine has {present}: add {_fewer(present, asked, batch_size)}")
    _require_started(asked, trainer.num_nodes, launch)


def asked_for(devices: Any, present: int | None) -> int:
    """How many devices of a machine are meant: `auto` and -1 are all GPUs, or one process on CPUs; of a list the largest number counts."""
    if isinstance(devices, list | tuple):
        return max(len(devices), *(int(device) + 1 for device in devices)) if present is not None else len(devices)
    if str(devices) in ALL:
        return present or 1
    named = str(devices)
    return asked_for([part for part in named.split(",") if part], present) if "," in named else int(named)


def _fewer(present: int, asked: int, batch_size: int | None) -> str:
    flags = f"--trainer.devices {present}"
    if batch_size and asked * batch_size % present == 0:
        return (
            f"`{flags} --data.batch_size {asked * batch_size // present}`, which keeps the {asked * batch_size} samples a step of a machine"
        )
    return f"`{flags}`"


def _require_started(asked: int, nodes: int, launch: Launch) -> None:
    if not launch.starter:
        if nodes > 1:
            raise ConfigError(f"trainer.num_nodes is {nodes}: start the command on every node with torchrun or srun, see docs/cluster.md")
        return
    if launch.starter == "SLURM" and launch.world_size > 1 and "SLURM_NTASKS_PER_NODE" not in os.environ:
        raise ConfigError(f"SLURM starts {launch.world_size} tasks, but not so many a node: give sbatch --ntasks-per-node={asked}")
    if launch.world_size != asked * nodes or launch.nodes != nodes:
        fitting = f"--trainer.devices {launch.world_size // launch.nodes} --trainer.num_nodes {launch.nodes}"
        raise ConfigError(
            f"{launch.starter} started {launch.world_size} processes on {launch.nodes} nodes, the configuration wants {asked} on each of "
            f"{nodes}: add `{fitting}`, or start {asked * nodes} processes"
        )
