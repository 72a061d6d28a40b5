"""The whole training loss: one named slot a term, so that a YAML can change or drop one term without naming the others."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import reduce
from operator import or_

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from hiface_pl.errors import ConfigError
from hiface_pl.face_models.face_assets import FaceAssets
from hiface_pl.losses.base import Loss, LossTerm
from hiface_pl.losses.over_processes import pooled, processes
from hiface_pl.types import FaceBatch, Reconstruction, Wanted


@dataclass(frozen=True)
class TermValue:
    """One term of one batch, on the host: its unweighted mean over `count` samples and its weight."""

    name: str
    value: float
    weight: float
    count: int


@dataclass(frozen=True)
class LossReport:
    """The weighted sum that is minimised, and what it consists of, still on the device: nothing here waits for an accelerator.

    `values` are the unweighted means of the terms `names` over `counts` samples each, cut from the graph: over the samples of all processes
    while training, where `total` is this process's part, whose mean over the processes is the weighted sum, and `own` are its own means.
    """

    total: Float[Tensor, ""]
    names: tuple[str, ...]
    weights: tuple[float, ...]
    values: Float[Tensor, " n"]
    counts: Int[Tensor, " n"]
    own: Float[Tensor, " n"] | None = None

    def terms(self) -> tuple[TermValue, ...]:
        """The terms that had samples. Waits for the device: for steps that are logged."""
        values, counts = torch.stack([self.values.double(), self.counts.double()]).tolist()
        rows = zip(self.names, values, self.weights, counts, strict=True)
        return tuple(TermValue(name, value, weight, int(count)) for name, value, weight, count in rows if count)


class LossBundle(nn.Module):
    """L = sum of weight x mean over the samples that have the term's labels. Paper: eq. 15, with every lambda in its term's `weight`.

    A slot holds any `Loss` or None. `static`, `compressed`, `stretched` make L_detail (`static`, `dynamic` with heads without poles);
    `vertex`, `divergence` L_shp; `photometric`, `recognition`, `detected_landmark` L_self; `age` L_kd; `regularisation` L_reg. The others
    are our choice, `landmark` L_lmk of synthetic faces; `extra` is free for a term of yours.
    """

    weights: Tensor

    def __init__(
        self,
        static: Loss | None = None,
        compressed: Loss | None = None,
        stretched: Loss | None = None,
        dynamic: Loss | None = None,
        vertex: Loss | None = None,
        divergence: Loss | None = None,
        photometric: Loss | None = None,
        recognition: Loss | None = None,
        detected_landmark: Loss | None = None,
        landmark: Loss | None = None,
        age: Loss | None = None,
        regularisation: Loss | None = None,
        landmark_head: Loss | None = None,
        dense_landmark: Loss | None = None,
        pose: Loss | None = None,
        identity: Loss | None = None,
        expression: Loss | None = None,
        albedo: Loss | None = None,
        lighting: Loss | None = None,
        amplitude: Loss | None = None,
        extra: Loss | None = None,
    ) -> None:
        super().__init__()
        self.static = static
        self.compressed = compressed
        self.stretched = stretched
        self.dynamic = dynamic
        self.vertex = vertex
        self.divergence = divergence
        self.photometric = photometric
        self.recognition = recognition
        self.detected_landmark = detected_landmark
        self.landmark = landmark
        self.age = age
        self.regularisation = regularisation
        self.landmark_head = landmark_head
        self.dense_landmark = dense_landmark
        self.pose = pose
        self.identity = identity
        self.expression = expression
        self.albedo = albedo
        self.lighting = lighting
        self.amplitude = amplitude
        self.extra = extra

    def active(self) -> Iterator[tuple[str, Loss]]:
        """The slots that hold a term with a weight."""
        for name, term in self.named_children():
            if isinstance(term, Loss) and term.weight != 0:
                yield name, term

    @property
    def needs(self) -> Wanted:
        """What the active terms read of a reconstruction."""
        return reduce(or_, (term.needs for _, term in self.active()), Wanted.NOTHING)

    def bind(self, assets: FaceAssets) -> None:
        """Binds every term to the face model. Raises ConfigError where no term is active."""
        weights = []
        for _, term in self.active():
            term.bind(assets)
            weights.append(term.weight)
        if not weights:
            raise ConfigError("no loss term is active: give at least one slot of model.losses a term with a weight")
        self.register_buffer("weights", torch.tensor(weights), persistent=False)

    def forward(self, reconstruction: Reconstruction, batch: FaceBatch) -> LossReport:
        """The weighted sum and its terms; finite or not (training/finite.py looks)."""
        means, counts, names, weights = [], [], [], []
        with torch.autocast(batch.image.device.type, enabled=False):
            for name, loss in self.active():
                mean, count = mean_over_valid(loss(reconstruction, batch))
                means.append(mean)
                counts.append(count)
                names.append(name)
                weights.append(loss.weight)
            return self._report(tuple(names), tuple(weights), torch.stack(means), torch.stack(counts))

    def _report(self, names: tuple[str, ...], weights: tuple[float, ...], means: Tensor, counts: Tensor) -> LossReport:
        own = means.detach()
        if not self.training or processes() == 1:
            return LossReport((means * self.weights).sum(), names, weights, own, counts)
        together = pooled(own, counts)
        total = (means * self.weights * together.factors).sum()
        return LossReport(total, names, weights, together.values, together.counts, own)


def mean_over_valid(term: LossTerm) -> tuple[Float[Tensor, ""], Int[Tensor, ""]]:
    """The mean over the valid samples and their number; without any, a zero that still reaches every parameter (DDP needs it)."""
    count = term.valid.sum()
    kept = torch.where(term.valid, term.value, torch.zeros_like(term.value))
    return kept.sum() / count.clamp_min(1), count
