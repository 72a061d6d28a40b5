"""Dynamic detail alone: the row `w/o static`."""

import torch
from typing_extensions import override

from hiface_pl.details.predicted_poles import PredictedPoles
from hiface_pl.types import Coefficients, DetailCoefficients, DetailMaps, Shape


class DynamicOnly(PredictedPoles):
    """D = w_com * D_com(varphi_com) + w_str * D_str(varphi_str), as in the full head; D_sta is 0. Paper: Ours-d (w/o static)."""

    @override
    def forward(self, coefficients: Coefficients, shape: Shape) -> DetailMaps:
        """The maps, mm. A neutral expression gives a smooth face."""
        codes = self.pole_coefficients(coefficients)
        compressed, stretched = self.poles.compressed.at_texels(codes[0]), self.poles.stretched.at_texels(codes[1])
        return self.poles.blended(torch.zeros_like(compressed), compressed, stretched, shape, DetailCoefficients(None, *codes))

    @override
    def spanned(self, coefficients: Coefficients) -> DetailCoefficients:
        return DetailCoefficients(None, *self.pole_coefficients(coefficients))
