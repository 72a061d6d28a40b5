"""Dynamic detail without tension: the row `no_tension`, beyond the paper."""

from collections.abc import Sequence

from typing_extensions import override

from hiface_pl.details.predicted_poles import PredictedPoles
from hiface_pl.types import Coefficients, DetailCoefficients, DetailMaps, Shape


class AdditivePoles(PredictedPoles):
    """D = D_sta(phi) + D_com(varphi_com) + D_str(varphi_str): both poles everywhere, always.

    Our choice, beyond the paper: asks whether g_com and g_str find out from xi what tension tells. The poles are then no polarised maps
    any more, so train their sum with `losses.dynamic_detail.DynamicDetailLoss`; a neutral face is smooth only as far as they learn it.
    """

    def __init__(self, hidden: Sequence[int] = (256, 256)) -> None:
        super().__init__(hidden=hidden)

    @override
    def forward(self, coefficients: Coefficients, shape: Shape) -> DetailMaps:
        """All maps, mm, without weights."""
        codes = self.pole_coefficients(coefficients)
        compressed, stretched = self.poles.compressed(codes[0]), self.poles.stretched(codes[1])
        static = self.poles.static(coefficients.static)
        return DetailMaps(static, compressed + stretched, compressed, stretched, spanned=DetailCoefficients(coefficients.static, *codes))

    @override
    def spanned(self, coefficients: Coefficients) -> DetailCoefficients:
        return DetailCoefficients(coefficients.static, *self.pole_coefficients(coefficients))
