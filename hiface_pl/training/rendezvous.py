"""How processes that torchrun or SLURM started agree on something before they train together, such as the name of their run's folder."""

import os
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from lightning.fabric.plugins.environments.slurm import SLURMEnvironment
from lightning.fabric.plugins.environments.torchelastic import TorchElasticEnvironment
from torch.distributed.rendezvous import rendezvous

from hiface_pl.errors import HifaceError, ProcessLost, Teller
from hiface_pl.launch import Launch

KEY = "hiface_pl"
PATIENCE = timedelta(minutes=5)
"""How long the first processes wait for the last one. Our choice: nodes of a job start within minutes."""


class Agreement:
    """The value that the first process chose. The object has to live as long as others may still ask: the first process holds the store."""

    def __init__(self, launch: Launch, choose: Callable[[], str], patience: timedelta = PATIENCE) -> None:
        """Every process calls this; `choose` is called by the first one. Raises ProcessLost where the others do not come."""
        try:
            self.store = _joined(launch, patience)
            if launch.is_first:
                self.store.set(KEY, choose())
            self.value: str = self.store.get(KEY).decode()
        except RuntimeError as error:
            raise _alone(launch, patience) from error


def _joined(launch: Launch, patience: timedelta) -> Any:
    """The store of keys and values that the first process, or torchrun, serves."""
    environment = TorchElasticEnvironment() if launch.starter == "torchrun" else SLURMEnvironment()
    os.environ["MASTER_ADDR"], os.environ["MASTER_PORT"] = environment.main_address, str(environment.main_port)
    store, _, _ = next(rendezvous("env://", launch.rank, launch.world_size, timeout=patience))
    return store


def _alone(launch: Launch, patience: timedelta) -> HifaceError:
    address = f"{os.environ.get('MASTER_ADDR')}:{os.environ.get('MASTER_PORT')}"
    error = ProcessLost(
        f"the {launch.world_size} processes that {launch.starter} was told to start did not find each other at {address} within "
        f"{patience.seconds // 60} minutes: look at the logs of the others, and check that this address can be reached from every node"
    )
    error.teller = Teller.NODE
    return error
