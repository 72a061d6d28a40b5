"""Training with several processes, one a device: Lightning's DDP with what exactness and clusters need beyond it."""

from datetime import timedelta
from typing import Any, cast

import torch
from lightning.pytorch import LightningModule
from lightning.pytorch.strategies import DDPStrategy, StrategyRegistry
from torch import Tensor, distributed, nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.parallel import DistributedDataParallel
from typing_extensions import override

from hiface_pl.training.module import HiFaceModule
from hiface_pl.training.process_watch import WatchedProcesses
from hiface_pl.training.reached import unreached_parameters

TIMEOUT = timedelta(minutes=10)
"""How long a process waits for the others before the training ends. Our choice: more than any checkpoint on a slow disk takes."""


class ManyProcesses(DDPStrategy):
    """DDP that equals one process with the batches of all of them, up to rounding, for networks without batch statistics.

    Gradients of parameters that no active loss reaches are not waited for, so switching off a loss needs no search of the graph in every
    step. Batch statistics are those of each process's own batch; their running averages are averaged over the processes after each step.
    Our choice: 40 samples a process are many, and `trainer.sync_batchnorm: true` takes those of all processes (on GPUs only).
    The face model is equal everywhere and never sent.
    """

    strategy_name = "ddp"

    def __init__(self, timeout: timedelta = TIMEOUT, **arguments: Any) -> None:
        super().__init__(timeout=timeout, broadcast_buffers=False, gradient_as_bucket_view=True, **arguments)

    @override
    def _configure_launcher(self) -> None:
        if self.cluster_environment is not None:
            self._launcher = WatchedProcesses(self.cluster_environment, self.num_processes, self.num_nodes)

    @override
    def configure_ddp(self) -> None:
        module = cast(LightningModule, self.lightning_module)
        ignored = constants(module)
        if isinstance(module, HiFaceModule) and not self._ddp_kwargs.get("find_unused_parameters"):
            ignored += unreached_parameters(module)
        DistributedDataParallel._set_params_and_buffers_to_ignore_for_model(module, ignored)  # noqa: SLF001 - its only interface
        super().configure_ddp()

    @override
    def training_step(self, *args: Any, **kwargs: Any) -> Any:
        output = super().training_step(*args, **kwargs)
        average(running_statistics(cast(LightningModule, self.lightning_module)))
        return output


def constants(module: nn.Module) -> list[str]:
    """Names of the buffers that checkpoints do not carry: what was derived from the face model."""
    carried = module.state_dict().keys()
    return [name for name, _ in module.named_buffers() if name not in carried]


def running_statistics(module: nn.Module) -> list[Tensor]:
    """The running averages of all batch normalisations that are learning."""
    layers = [layer for layer in module.modules() if isinstance(layer, _BatchNorm) and layer.training and not _is_shared(layer)]
    return [value for layer in layers for value in (layer.running_mean, layer.running_var) if value is not None]


@torch.no_grad()
def average(tensors: list[Tensor]) -> None:
    """Replaces each tensor by its mean over the processes, in one message."""
    if not tensors:
        return
    flat = torch.cat([tensor.flatten() for tensor in tensors])
    distributed.all_reduce(flat)
    parts = (flat / distributed.get_world_size()).split([tensor.numel() for tensor in tensors])
    torch._foreach_copy_(tensors, [part.view_as(tensor) for part, tensor in zip(parts, tensors, strict=True)])


def take_the_place_of_ddp() -> None:
    """Makes `strategy: ddp`, and `auto` with several devices, mean ManyProcesses; `ddp_find_unused_parameters_true` too, for graphs that
    change from step to step.
    """
    for name, arguments in (("ddp", {}), ("ddp_find_unused_parameters_true", {"find_unused_parameters": True})):
        StrategyRegistry.register(name, ManyProcesses, description=ManyProcesses.__doc__, override=True, **arguments)


def _is_shared(layer: nn.Module) -> bool:
    return isinstance(layer, nn.SyncBatchNorm)
