"""Loss terms over a whole validation set, whatever batches and processes it is cut into."""

import torch
from torch import Tensor
from torchmetrics import Metric

from hiface_pl.losses.bundle import LossReport


class TermMeans(Metric):
    """The mean of every term over the samples that have its labels, and their weighted sum under the name `loss`."""

    full_state_update = False
    higher_is_better = False
    sums: Tensor
    counts: Tensor

    def __init__(self, terms: int) -> None:
        super().__init__()
        self.names: tuple[str, ...] = ()
        self.weights: tuple[float, ...] = ()
        for name in ("sums", "counts"):
            self.add_state(name, torch.zeros(terms, dtype=torch.float64), dist_reduce_fx="sum")

    def update(self, report: LossReport) -> None:
        """Adds one batch of this process. Waits for no device."""
        self.names, self.weights = report.names, report.weights
        self.sums += torch.where(report.counts > 0, report.values.double() * report.counts, 0.0)
        self.counts += report.counts

    def compute(self) -> dict[str, float]:
        """The terms that had samples."""
        rows = list(zip(self.names, self.weights, self.sums.tolist(), self.counts.tolist(), strict=True))
        means = {name: total / count for name, _, total, count in rows if count}
        return {"loss": sum(weight * means[name] for name, weight, _, _ in rows if name in means), **means}
