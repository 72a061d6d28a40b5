"""SD-DeTail: static detail from a basis, dynamic detail blended from two poles by vertex tension."""

from typing_extensions import override

from hiface_pl.details.predicted_poles import PredictedPoles
from hiface_pl.types import Coefficients, DetailCoefficients, DetailMaps, Shape


class SDDetail(PredictedPoles):
    """D = D_sta(phi) + w_com * D_com(varphi_com) + w_str * D_str(varphi_str). Paper: the full head."""

    @override
    def forward(self, coefficients: Coefficients, shape: Shape) -> DetailMaps:
        """All maps, mm. A neutral expression gives `dynamic` exactly 0 and `total` exactly D_sta."""
        return self.poles(coefficients.static, *self.pole_coefficients(coefficients), shape)

    @override
    def spanned(self, coefficients: Coefficients) -> DetailCoefficients:
        return DetailCoefficients(coefficients.static, *self.pole_coefficients(coefficients))
