"""What heads share that predict the poles of dynamic detail from (beta, xi, phi)."""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor
from typing_extensions import override

from hiface_pl.details.adain import AdaInMlp
from hiface_pl.details.base import DetailHead
from hiface_pl.details.pole_blend import PoleBlend
from hiface_pl.details.tension import MeanTension, Tension
from hiface_pl.face_models.face_assets import FaceAssets
from hiface_pl.types import Coefficients


class PredictedPoles(DetailHead):
    """D_com and D_str from bases, their coefficients from g_com and g_str. Subclasses say what becomes of the maps.

    `tension` must be of the kind that made the labels. `hidden` are the widths of g_com and g_str (Our choice: 256, 256).
    """

    def __init__(self, tension: Tension | None = None, hidden: Sequence[int] = (256, 256)) -> None:
        super().__init__()
        self.poles = PoleBlend(tension or MeanTension())
        self.hidden = tuple(hidden)

    @override
    def bind(self, assets: FaceAssets) -> None:
        self.poles.bind(assets)
        content = len(assets.model.identity_basis) + len(assets.model.expression_basis)
        style = len(assets.detail.static.basis)
        self.g_compressed = AdaInMlp(content, style, len(assets.detail.compressed.basis), self.hidden)
        self.g_stretched = AdaInMlp(content, style, len(assets.detail.stretched.basis), self.hidden)

    def pole_coefficients(self, coefficients: Coefficients) -> tuple[Float[Tensor, "b kc"], Float[Tensor, "b kt"]]:
        """varphi_com = g_com(beta, xi, phi) and varphi_str = g_str(beta, xi, phi), in standard deviations of their bases."""
        content = torch.cat([coefficients.identity, coefficients.expression], dim=1)
        return self.g_compressed(content, coefficients.static), self.g_stretched(content, coefficients.static)
