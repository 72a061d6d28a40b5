"""L_lmk: 68 points in the image, of the projected model and of an encoder's own landmark head."""

from jaxtyping import Float
from torch import Tensor
from typing_extensions import override

from hiface_pl.losses.base import Loss, LossTerm
from hiface_pl.losses.reduce import masked_mean, needed, safe_sqrt
from hiface_pl.types import FaceBatch, Reconstruction, Wanted

PERCENT = 100.0


def point_distance(
    predicted: Float[Tensor, "b n 2"], label: Float[Tensor, "b n 2"], certainty: Float[Tensor, "b n"]
) -> Float[Tensor, " b"]:
    """Certainty-weighted mean distance in percent of the image's width, from points in image widths.

    Our choice: percent, because one percent of a crop is about two millimetres on the face, so the term has the size of L_ver.
    """
    return PERCENT * masked_mean(safe_sqrt((predicted - label).square().sum(dim=2)), certainty)


class LandmarkLoss(Loss):
    """L_lmk on the projected landmarks of the model. Valid on samples with `has_landmarks`. Paper: lambda_lmk 0.5."""

    needs = Wanted.NOTHING

    def __init__(self, weight: float = 0.5) -> None:
        super().__init__(weight)

    @override
    def forward(self, reconstruction: Reconstruction, batch: FaceBatch) -> LossTerm:
        labels = batch.labels
        return LossTerm(point_distance(reconstruction.landmarks, labels.landmarks, labels.certainty), labels.has_landmarks)


class LandmarkHeadLoss(Loss):
    """The same distance for the points that an encoder finds by itself. Our choice, for encoders with a landmark head."""

    needs = Wanted.NOTHING

    @override
    def forward(self, reconstruction: Reconstruction, batch: FaceBatch) -> LossTerm:
        labels = batch.labels
        points = needed(reconstruction.encoded.landmarks, type(self).__name__, "an encoder with a landmark head")
        return LossTerm(point_distance(points, labels.landmarks, labels.certainty), labels.has_landmarks)
