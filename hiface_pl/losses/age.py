"""L_kd: the age that static detail shows, against an age distribution of the image."""

import torch
from jaxtyping import Float
from torch import Tensor
from typing_extensions import override

from hiface_pl.losses.base import Loss, LossTerm
from hiface_pl.losses.reduce import needed
from hiface_pl.types import FaceBatch, Reconstruction, Wanted


def age_divergence(predicted: Float[Tensor, "b 81"], label: Float[Tensor, "b 81"]) -> Float[Tensor, " b"]:
    """KL(label || predicted), nats, of log-probabilities and a distribution. Paper: Gamma (log Gamma - log p^); empty bins count 0."""
    return (torch.xlogy(label, label) - label * predicted).sum(dim=1)


class AgeLoss(Loss):
    """L_kd on the reconstructor's small head on phi. Valid on samples with `has_age`."""

    needs = Wanted.NOTHING

    @override
    def forward(self, reconstruction: Reconstruction, batch: FaceBatch) -> LossTerm:
        predicted = needed(reconstruction.age, type(self).__name__, "a reconstructor with an age head")
        return LossTerm(age_divergence(predicted, batch.labels.age), batch.labels.has_age)
