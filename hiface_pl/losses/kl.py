"""L_kl: identity coefficients as distributions, against over-fitting of the coarse shape."""

from jaxtyping import Float
from torch import Tensor
from torch.nn import functional
from typing_extensions import override

from hiface_pl.losses.base import Loss, LossTerm
from hiface_pl.types import FaceBatch, Reconstruction, Wanted


def softmax_divergence(predicted: Float[Tensor, "b k"], label: Float[Tensor, "b k"]) -> Float[Tensor, " b"]:
    """KL(rho(label) || rho(predicted)), nats. Paper: rho(beta) (log rho(beta) - log rho(beta^)). Our choice: rho is the softmax."""
    target = label.log_softmax(dim=1)
    return functional.kl_div(predicted.log_softmax(dim=1), target, reduction="none", log_target=True).sum(dim=1)


class IdentityDivergenceLoss(Loss):
    """L_kl. Valid on samples with `has_geometry`."""

    needs = Wanted.NOTHING

    @override
    def forward(self, reconstruction: Reconstruction, batch: FaceBatch) -> LossTerm:
        value = softmax_divergence(reconstruction.coefficients.identity, batch.labels.coefficients.identity)
        return LossTerm(value, batch.labels.has_geometry)
