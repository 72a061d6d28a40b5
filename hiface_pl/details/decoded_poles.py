"""SD-2: both poles from map decoders, blended by vertex tension."""

import torch
from typing_extensions import override

from hiface_pl.details.base import DetailHead
from hiface_pl.details.map_decoder import MapDecoder
from hiface_pl.details.pole_blend import PoleBlend
from hiface_pl.details.tension import MeanTension, Tension
from hiface_pl.face_models.face_assets import FaceAssets
from hiface_pl.types import Coefficients, DetailCoefficients, DetailMaps, Shape


class DecodedPoles(DetailHead):
    """D = D_sta(phi) + w_com * D_com(beta, xi, phi) + w_str * D_str(beta, xi, phi), both poles from map decoders.

    Paper: SD-2, directly generate D_com and D_str, use interpolation. `tension` must be of the kind that made the labels.
    """

    def __init__(self, tension: Tension | None = None) -> None:
        super().__init__()
        self.poles = PoleBlend(tension or MeanTension())

    @override
    def bind(self, assets: FaceAssets) -> None:
        self.poles.bind(assets)
        detail, model = assets.detail, assets.model
        latent = len(model.identity_basis) + len(model.expression_basis) + len(detail.static.basis)
        self.compressed = MapDecoder(latent, detail, detail.compressed.mean)
        self.stretched = MapDecoder(latent, detail, detail.stretched.mean)

    @override
    def forward(self, coefficients: Coefficients, shape: Shape) -> DetailMaps:
        """All maps, mm. A neutral expression gives `dynamic` exactly 0 and `total` exactly D_sta."""
        latent = torch.cat([coefficients.identity, coefficients.expression, coefficients.static], dim=1)
        static = self.poles.static.at_texels(coefficients.static)
        spanned = DetailCoefficients(coefficients.static)
        return self.poles.blended(static, self.compressed(latent), self.stretched(latent), shape, spanned)
