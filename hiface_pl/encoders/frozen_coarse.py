"""An encoder whose coarse coefficients are those of a trained one, while its detail coefficients go on learning."""

from copy import deepcopy
from dataclasses import replace

import torch
from jaxtyping import Float
from torch import Tensor
from typing_extensions import override

from hiface_pl.encoders.base import Encoder
from hiface_pl.face_models.face_assets import FaceAssets
from hiface_pl.types import Encoded


class FrozenCoarse(Encoder):
    """Identity, expression, albedo, light and pose from `coarse`, which never learns; detail coefficients from `fine`, which does.

    Paper: `we fix the coarse shape and train the details` for the rows w/o static and w/o dynamic. Our choice: two copies of the encoder,
    since in the paper's one all coefficients come from the same features, so that training these would move the coarse shape.
    `Reconstructor` puts it around its encoder with `frozen_coarse`; both copies take a trained encoder's weights through `init_from`.
    """

    def __init__(self, fine: Encoder) -> None:
        super().__init__()
        self.fine = fine

    @override
    def bind(self, assets: FaceAssets) -> None:
        self.fine.bind(assets)
        self.coarse = deepcopy(self.fine).requires_grad_(requires_grad=False)
        self.coarse.eval()  # already here, since Lightning never calls train() when a fit starts

    @override
    def forward(self, image: Float[Tensor, "b 3 h w"]) -> Encoded:
        fine: Encoded = self.fine(image)
        with torch.no_grad():
            known: Encoded = self.coarse(image)
        detail = fine.coefficients
        coefficients = replace(known.coefficients, static=detail.static, compressed=detail.compressed, stretched=detail.stretched)
        return replace(known, coefficients=coefficients, amplitude=fine.amplitude)

    @override
    def located(self, image: Float[Tensor, "b 3 h w"]) -> Encoded:
        return self.coarse.located(image)

    @override
    def train(self, mode: bool = True) -> "FrozenCoarse":
        """Switches to training or evaluation; the coarse copy stays in evaluation."""
        super().train(mode)
        self.coarse.eval()
        return self
