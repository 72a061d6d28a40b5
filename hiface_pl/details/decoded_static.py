"""SD-3: static detail from a map decoder, dynamic detail as in the full head."""

from typing_extensions import override

from hiface_pl.details.map_decoder import MapDecoder
from hiface_pl.details.predicted_poles import PredictedPoles
from hiface_pl.face_models.face_assets import FaceAssets
from hiface_pl.types import Coefficients, DetailCoefficients, DetailMaps, Shape


class DecodedStatic(PredictedPoles):
    """D = D_sta(phi) + w_com * D_com(varphi_com) + w_str * D_str(varphi_str), with D_sta from a map decoder.

    Paper: SD-3, directly generate D_sta.
    """

    @override
    def bind(self, assets: FaceAssets) -> None:
        super().bind(assets)
        self.decoder = MapDecoder(len(assets.detail.static.basis), assets.detail, assets.detail.static.mean)

    @override
    def forward(self, coefficients: Coefficients, shape: Shape) -> DetailMaps:
        """All maps, mm. A neutral expression gives `dynamic` exactly 0 and `total` exactly D_sta."""
        codes = self.pole_coefficients(coefficients)
        poles = self.poles.compressed.at_texels(codes[0]), self.poles.stretched.at_texels(codes[1])
        return self.poles.blended(self.decoder(coefficients.static), *poles, shape, DetailCoefficients(None, *codes))
