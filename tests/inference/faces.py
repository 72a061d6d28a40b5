"""A whole reconstructor on the tiny face model with a one-layer encoder, untrained on purpose."""

import pytest
import torch
from torch import Tensor, nn

from hiface_pl.details.base import DetailHead
from hiface_pl.details.sd_detail import SDDetail
from hiface_pl.encoders.base import Encoder
from hiface_pl.encoders.placement import middle_of_the_crop
from hiface_pl.face_models.face_assets import FaceAssets
from hiface_pl.face_models.face_model import FaceModel
from hiface_pl.face_models.source import FaceModelSource
from hiface_pl.reconstructor import Reconstructor
from hiface_pl.rendering.renderer import Renderer
from hiface_pl.shapes.linear import LinearShape
from hiface_pl.types import Coefficients, Encoded, Pose
from tests.tiny import tiny_assets, tiny_model


class TinyModel(FaceModelSource):
    def load(self) -> FaceModel:
        return tiny_model()


class MeanEncoder(Encoder):
    """Answers the same frontal face in the crop's middle, with a little static detail, whatever it sees."""

    def bind(self, assets: FaceAssets) -> None:
        model = assets.model
        self.sizes = len(model.identity_basis), len(model.expression_basis), len(assets.detail.static.basis), len(assets.albedo.basis)
        self.place = nn.Parameter(middle_of_the_crop(torch.from_numpy(model.keypoints68.on(model.mean))))

    def forward(self, image: Tensor) -> Encoded:
        count = len(image)
        identity, expression, static, albedo = (torch.full((count, size), 0.3) for size in self.sizes)
        pose = Pose(torch.zeros(count, 3), self.place.expand(count, 3))
        return Encoded(Coefficients(identity, 0 * expression, static, albedo, torch.zeros(count, 9, 3), pose))


def tiny_reconstructor(monkeypatch: pytest.MonkeyPatch, detail: DetailHead | None = None) -> Reconstructor:
    monkeypatch.setattr("hiface_pl.reconstructor.face_assets", lambda _model: tiny_assets())
    return Reconstructor(TinyModel(), MeanEncoder(), LinearShape(), detail or SDDetail(), Renderer(), image_size=64)
