"""The dense points of coefficients, straight from the bases at those points: no mesh is built."""

from jaxtyping import Float
from torch import Tensor, nn

from hiface_pl.encoders.dense_points import dense_points
from hiface_pl.face_models.face_assets import FaceAssets
from hiface_pl.face_models.on_surface import rows_of
from hiface_pl.shapes.surface_bases import SurfaceBases
from hiface_pl.types import Shape


class DenseSurface(nn.Module):
    """S at the first `count` points of `dense_points`; the first 68 are the landmarks."""

    def __init__(self, assets: FaceAssets, count: int) -> None:
        super().__init__()
        self.bases = SurfaceBases(assets.model, rows_of(dense_points(assets, count), len(assets.model.mean)))

    def forward(self, identity: Float[Tensor, "b ki"], expression: Float[Tensor, "b ke"]) -> Float[Tensor, "b n 3"]:
        """The points in the model frame, mm."""
        shape: Shape = self.bases(identity, expression)
        return shape.expressive
