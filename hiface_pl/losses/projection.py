"""Where the predicted surface lies in the image, against where the label surface does."""

from typing_extensions import override

from hiface_pl.losses.base import LossTerm
from hiface_pl.losses.dense_landmark import DenseLandmarkLoss
from hiface_pl.losses.landmark import point_distance
from hiface_pl.types import FaceBatch, Reconstruction


class ProjectionLoss(DenseLandmarkLoss):
    """`point_distance` of the dense points of the predicted coefficients. Valid on samples with `has_geometry`.

    Our choice: what is read off an unwrapped image hangs on the surface being in place, whatever makes it so.
    """

    @override
    def forward(self, reconstruction: Reconstruction, batch: FaceBatch) -> LossTerm:
        label = self.label(batch.labels.coefficients)
        points = self.label(reconstruction.coefficients)
        return LossTerm(point_distance(points, label, label.new_ones(label.shape[:2])), batch.labels.has_geometry)
