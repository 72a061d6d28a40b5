"""No detail: the row of the comparison that has a coarse shape only."""

from hiface_pl.details.base import DetailHead
from hiface_pl.face_models.face_assets import FaceAssets
from hiface_pl.types import Coefficients, Shape


class CoarseOnly(DetailHead):
    """Predicts no displacement. Paper: the coarse shape alone."""

    def bind(self, assets: FaceAssets) -> None:
        """Nothing to create."""

    def forward(self, coefficients: Coefficients, shape: Shape) -> None:
        """None: there are no maps."""
