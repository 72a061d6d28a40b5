"""Static detail alone: the row `w/o dynamic`."""

import torch
from typing_extensions import override

from hiface_pl.details.base import DetailHead
from hiface_pl.details.displacement_basis import DisplacementBasisMap
from hiface_pl.face_models.face_assets import FaceAssets
from hiface_pl.types import Coefficients, DetailCoefficients, DetailMaps, Shape


class StaticOnly(DetailHead):
    """D = D_sta(phi), as in the full head; D_dyn is 0. Paper: Ours-d (w/o dynamic)."""

    @override
    def bind(self, assets: FaceAssets) -> None:
        self.basis = DisplacementBasisMap(assets.detail, assets.detail.static)

    @override
    def forward(self, coefficients: Coefficients, shape: Shape) -> DetailMaps:
        """The maps, mm, the same for every expression."""
        static = self.basis(coefficients.static)
        return DetailMaps(static, torch.zeros_like(static), spanned=self.spanned(coefficients))

    @override
    def spanned(self, coefficients: Coefficients) -> DetailCoefficients:
        return DetailCoefficients(coefficients.static)
