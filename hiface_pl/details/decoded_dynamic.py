"""SD-1: dynamic detail straight from a map decoder."""

import torch
from typing_extensions import override

from hiface_pl.details.base import DetailHead
from hiface_pl.details.displacement_basis import DisplacementBasisMap
from hiface_pl.details.map_decoder import MapDecoder
from hiface_pl.details.texels import MaskTexels
from hiface_pl.face_models.face_assets import FaceAssets
from hiface_pl.types import Coefficients, DetailCoefficients, DetailMaps, Shape


class DecodedDynamic(DetailHead):
    """D = D_sta(phi) + D_dyn(beta, xi, phi), the second from a map decoder: no poles, no tension. Paper: SD-1, learn without interpolating.

    Train D_dyn with `losses.dynamic_detail.DynamicDetailLoss`. A neutral face is smooth only as far as the decoder learns it.
    """

    @override
    def bind(self, assets: FaceAssets) -> None:
        detail, model = assets.detail, assets.model
        self.basis = DisplacementBasisMap(detail, detail.static)
        self.texels = MaskTexels(detail)
        latent = len(model.identity_basis) + len(model.expression_basis) + len(detail.static.basis)
        self.decoder = MapDecoder(latent, detail)

    @override
    def forward(self, coefficients: Coefficients, shape: Shape) -> DetailMaps:
        """The maps, mm; there are no poles."""
        latent = torch.cat([coefficients.identity, coefficients.expression, coefficients.static], dim=1)
        return DetailMaps(
            static=self.basis(coefficients.static),
            dynamic=self.texels(self.decoder(latent)),
            spanned=DetailCoefficients(coefficients.static),
        )
