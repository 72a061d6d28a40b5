"""Means over the samples of all processes of a training, of which each one sees its own share."""

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor, distributed


@dataclass(frozen=True)
class Pooled:
    """Means over the samples of all processes and their numbers; `factors` are what this process's own means have to be scaled by.

    DDP averages gradients over processes with equal weights. The gradient of the mean over all valid samples comes out of it where each
    process's mean counts `processes x own count / count of all`, which is 1 wherever every process has as many valid samples.
    """

    values: Float[Tensor, " n"]
    counts: Int[Tensor, " n"]
    factors: Float[Tensor, " n"]


def processes() -> int:
    """How many processes train together."""
    return distributed.get_world_size() if distributed.is_available() and distributed.is_initialized() else 1


@torch.no_grad()
def pooled(means: Float[Tensor, " n"], counts: Int[Tensor, " n"]) -> Pooled:
    """The means over all processes of these means over `counts` samples each: one message of 2 n numbers, and no wait for the device.

    Every process has to call this at the same time.
    """
    own = counts.to(torch.float64)
    sums = torch.stack([torch.where(counts > 0, means.double() * own, 0.0), own])
    distributed.all_reduce(sums)
    total = sums[1].clamp_min(1)
    return Pooled((sums[0] / total).to(means), sums[1].to(counts), (processes() * own / total).to(means))
