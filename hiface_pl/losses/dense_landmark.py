"""The points of an encoder's landmark head against the projected points of the label shape."""

import torch
from jaxtyping import Float
from torch import Tensor
from typing_extensions import override

from hiface_pl.encoders.dense_surface import DenseSurface
from hiface_pl.face_models.face_assets import FaceAssets
from hiface_pl.losses.base import Loss, LossTerm
from hiface_pl.losses.landmark import point_distance
from hiface_pl.losses.reduce import needed
from hiface_pl.rendering.camera import project, to_camera
from hiface_pl.types import Coefficients, FaceBatch, Reconstruction, Wanted


class DenseLandmarkLoss(Loss):
    """`point_distance` over as many of the first `points` dense points as the encoder finds. Valid on samples with `has_geometry`.

    Our choice, in the spirit of the paper's 669 dense landmarks: synthetic faces know where every point of the surface is.
    """

    needs = Wanted.NOTHING

    def __init__(self, weight: float = 1.0, points: int = 200) -> None:
        super().__init__(weight)
        self.points = points

    @override
    def bind(self, assets: FaceAssets) -> None:
        self.surface = DenseSurface(assets, self.points)

    def label(self, coefficients: Coefficients) -> Float[Tensor, "b n 2"]:
        """The points of the label shape, in image widths."""
        return project(to_camera(self.surface(coefficients.identity, coefficients.expression), coefficients.pose))

    @override
    def forward(self, reconstruction: Reconstruction, batch: FaceBatch) -> LossTerm:
        predicted = needed(reconstruction.encoded.dense, type(self).__name__, "an encoder with a dense landmark head")
        label = self.label(batch.labels.coefficients)
        count = min(predicted.shape[1], label.shape[1])
        certainty = torch.ones_like(label[:, :count, 0])
        return LossTerm(point_distance(predicted[:, :count], label[:, :count], certainty), batch.labels.has_geometry)
