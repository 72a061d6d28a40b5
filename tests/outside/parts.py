"""A face model source, an encoder, a detail head and a loss of a user's own."""

import torch
from torch import Tensor, nn

from hiface_pl.details.base import DetailHead
from hiface_pl.encoders.base import Encoder
from hiface_pl.encoders.coefficient_heads import CoefficientVector
from hiface_pl.face_models.face_assets import FaceAssets
from hiface_pl.face_models.face_model import FaceModel
from hiface_pl.face_models.source import FaceModelSource
from hiface_pl.losses.base import Loss, LossTerm
from hiface_pl.types import Coefficients, DetailMaps, Encoded, FaceBatch, Reconstruction, Shape
from tests.tiny import tiny_model


class PatchFace(FaceModelSource):
    """A patch of skin under its own name."""

    def load(self) -> FaceModel:
        return tiny_model()


class MeanColourEncoder(Encoder):
    """Sees nothing but the mean colour."""

    def __init__(self, hidden: int = 4) -> None:
        super().__init__()
        self.hidden = hidden

    def bind(self, assets: FaceAssets) -> None:
        self.vector = CoefficientVector(assets)
        self.layers = nn.Sequential(nn.Linear(3, self.hidden), nn.Tanh(), nn.Linear(self.hidden, self.vector.sizes.total))

    def forward(self, image: Tensor) -> Encoded:
        return Encoded(self.vector(self.layers(image.mean(dim=(2, 3)))))


class FlatDetail(DetailHead):
    """One learned height everywhere, more of it where the face is expressive."""

    def bind(self, assets: FaceAssets) -> None:
        self.size = assets.detail.size
        self.height = nn.Parameter(torch.zeros(()))

    def forward(self, coefficients: Coefficients, shape: Shape) -> DetailMaps:
        ones = torch.ones(len(coefficients.static), 1, self.size, self.size)
        strength = coefficients.expression.mean(dim=1)[:, None, None, None]
        return DetailMaps(static=self.height * ones, dynamic=strength * self.height * ones)


class SmallTranslation(Loss):
    """Pulls the face towards the optical axis."""

    def forward(self, reconstruction: Reconstruction, batch: FaceBatch) -> LossTerm:
        shift = reconstruction.coefficients.pose.translation[:, :2]
        return LossTerm(shift.abs().sum(dim=1), torch.ones(len(shift), dtype=torch.bool))
