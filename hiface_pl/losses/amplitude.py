"""How strong the static wrinkles are, as one number a face."""

import torch
from jaxtyping import Float
from torch import Tensor
from typing_extensions import override

from hiface_pl.face_models.face_assets import FaceAssets
from hiface_pl.losses.base import Loss, LossTerm
from hiface_pl.losses.reduce import needed
from hiface_pl.types import FaceBatch, Reconstruction, Wanted

SPREAD = 0.03
"""Millimetres: about the standard deviation of the amplitude among people, which gives the term the size of one."""


class AmplitudeLoss(Loss):
    """((a - a^) / SPREAD)^2 of the encoder's amplitude and the root mean square of the label's D_sta. Valid on samples with `has_detail`.

    Our choice: a displacement map that minimises its error shrinks towards the mean with every doubt, the amplitude does not.
    """

    needs = Wanted.NOTHING
    weights: Tensor
    mean: Tensor
    basis: Tensor

    @override
    def bind(self, assets: FaceAssets) -> None:
        detail = assets.detail
        mask = detail.mask.ravel()[detail.texels]
        self.register_buffer("weights", torch.from_numpy(mask / mask.sum()), persistent=False)
        self.register_buffer("mean", torch.from_numpy(detail.static.mean), persistent=False)
        self.register_buffer("basis", torch.from_numpy(detail.static.basis), persistent=False)

    def label(self, static: Float[Tensor, "b k"]) -> Float[Tensor, " b"]:
        """The root mean square over the detail mask of D_sta, mm."""
        return ((self.mean + static @ self.basis).square() @ self.weights).sqrt()

    @override
    def forward(self, reconstruction: Reconstruction, batch: FaceBatch) -> LossTerm:
        estimate = needed(reconstruction.encoded.amplitude, type(self).__name__, "an encoder that estimates the amplitude")
        error = (estimate - self.label(batch.labels.coefficients.static)) / SPREAD
        return LossTerm(error.square(), batch.labels.has_detail)
