"""L_reg: squared norms of the coefficients."""

from jaxtyping import Float
from torch import Tensor
from typing_extensions import override

from hiface_pl.losses.base import Loss, LossTerm
from hiface_pl.losses.reduce import everyone
from hiface_pl.types import Coefficients, FaceBatch, Reconstruction, Wanted


def squared_norms(coefficients: Coefficients) -> Float[Tensor, " b"]:
    """|beta|^2 + |xi|^2 + |phi|^2 + |alpha|^2, each in standard deviations or unit weights. Our choice: pose and lighting stay free."""
    parts = (coefficients.identity, coefficients.expression, coefficients.static, coefficients.albedo)
    first, *rest = (part.square().sum(dim=1) for part in parts)
    for part in rest:
        first = first + part
    return first


class RegularisationLoss(Loss):
    """L_reg on every sample. Paper: lambda_reg 1e-3."""

    needs = Wanted.NOTHING

    def __init__(self, weight: float = 1e-3) -> None:
        super().__init__(weight)

    @override
    def forward(self, reconstruction: Reconstruction, batch: FaceBatch) -> LossTerm:
        return LossTerm(squared_norms(reconstruction.coefficients), everyone(batch.image))
