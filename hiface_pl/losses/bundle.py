"""The whole training loss: one named slot a term, so that a YAML can change or drop one term without naming the others."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from hiface_pl.errors import ConfigError, TrainingError
from hiface_pl.face_models.face_assets import FaceAssets
from hiface_pl.losses.base import Loss, LossTerm
from hiface_pl.types import FaceBatch, Reconstruction


@dataclass(frozen=True)
class TermValue:
    """One term of one batch: its unweighted mean over `count` samples (cut from the graph) and its weight."""

    name: str
    value: Float[Tensor, ""]
    weight: float
    count: int


@dataclass(frozen=True)
class LossReport:
    """The weighted sum that is minimised, and the terms that had samples."""

    total: Float[Tensor, ""]
    terms: tuple[TermValue, ...]


class LossBundle(nn.Module):
    """L = sum of weight x mean over the samples that have the term's labels. Paper: eq. 15, with every lambda in its term's `weight`.

    A slot holds any `Loss` or None. `static`, `compressed`, `stretched` make L_detail; `vertex`, `divergence` L_shp; `photometric`,
    `recognition`, `landmark` L_self; `age` L_kd; `regularisation` L_reg. The others are our choice; `extra` is free for a term of yours.
    """

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
        self.extra = extra

    def active(self) -> Iterator[tuple[str, Loss]]:
        """The slots that hold a term with a weight."""
        for name, term in self.named_children():
            if isinstance(term, Loss) and term.weight != 0:
                yield name, term

    @property
    def needs_rendering(self) -> bool:
        """Whether any term compares pixels."""
        return any(term.needs_rendering for _, term in self.active())

    def bind(self, assets: FaceAssets) -> None:
        """Binds every term to the face model."""
        for _, term in self.active():
            term.bind(assets)

    def forward(self, reconstruction: Reconstruction, batch: FaceBatch) -> LossReport:
        """The weighted sum and its terms. Raises TrainingError that names the terms that are not finite."""
        names, weights, means, counts = [], [], [], []
        for name, loss in self.active():
            mean, count = mean_over_valid(loss(reconstruction, batch))
            names.append(name)
            weights.append(loss.weight)
            means.append(mean)
            counts.append(count)
        return _report(names, weights, means, counts, batch)


def mean_over_valid(term: LossTerm) -> tuple[Float[Tensor, ""], Int[Tensor, ""]]:
    """The mean over the valid samples and their number; without any, a zero that still reaches every parameter (DDP needs it)."""
    count = term.valid.sum()
    kept = torch.where(term.valid, term.value, torch.zeros_like(term.value))
    return kept.sum() / count.clamp_min(1), count


def _report(names: list[str], weights: list[float], means: list[Tensor], counts: list[Tensor], batch: FaceBatch) -> LossReport:
    if not means:
        raise ConfigError("no loss term is active: give at least one slot of model.losses a term with a weight")
    stacked = torch.stack(means)
    total = (stacked * stacked.new_tensor(weights)).sum()
    values = stacked.detach()
    known = torch.stack([values, torch.stack(counts).to(values)]).tolist()  # one transfer from the device a step
    terms = tuple(TermValue(name, values[i], weights[i], int(known[1][i])) for i, name in enumerate(names) if known[1][i] > 0)
    bad = [name for name, value in zip(names, known[0], strict=True) if not math.isfinite(value)]
    if bad:
        raise TrainingError(_what_is_not_finite(bad, batch))
    return LossReport(total, terms)


def _what_is_not_finite(bad: list[str], batch: FaceBatch) -> str:
    samples = ", ".join(str(int(index)) for index in batch.index[:8])
    return (
        f"the loss {' and '.join(bad)} is not finite on the batch of samples {samples} ...: the weights were not updated with it; resume "
        f"from the last checkpoint with a lower learning rate, or set model.losses.{bad[0]} to null"
    )
