"""How well reconstructions fit photos that nobody knows the truth of: points and pixels, summed over batches and processes."""

import torch
from jaxtyping import Float
from torch import Tensor
from torchmetrics import Metric

from hiface_pl.face_models.face_model import FaceModel
from hiface_pl.losses.compared_pixels import at_size, compared
from hiface_pl.losses.detected_landmark import InnerPoints
from hiface_pl.losses.photometric import pixel_distance, rendering_of
from hiface_pl.losses.reduce import masked_mean
from hiface_pl.perception.landmark_points import LEFT_EYE_OUTER, RIGHT_EYE_OUTER
from hiface_pl.types import FaceBatch, Reconstruction, Seen

PERCENT = 100.0


class PhotoMetrics(Metric):
    """`photo_landmarks`: distance of the model's inner 432 points from the detected ones, percent of the distance of the outer eye corners.

    `photo_pixels`: mean absolute difference of colours over the photo's skin, percent of the range; skin that the rendering leaves open
    counts as 100. Means over the photos. Our choice: neither says how good the shape is.
    """

    full_state_update = False
    higher_is_better = False
    sums: Tensor

    def __init__(self, model: FaceModel) -> None:
        super().__init__()
        self.model = model
        self.points: InnerPoints | None = None
        self.add_state("sums", torch.zeros(3, dtype=torch.float64), dist_reduce_fx="sum")

    def update(self, reconstruction: Reconstruction, batch: FaceBatch) -> None:
        """Adds the photos of a batch. The first one binds to the face model, which raises AssetError as `InnerPoints` does."""
        seen = batch.labels.seen
        if seen is None or not seen.known.any():
            return
        known = seen.known
        self.points = self.points or InnerPoints(self.model).to(known.device)
        rows = landmark_errors(self.points, reconstruction[known], seen[known]), pixel_errors(reconstruction[known], batch[known])
        self.sums += torch.stack([*(row.double().sum() for row in rows), known.sum().double()])

    def compute(self) -> dict[str, float]:
        """Means by name; empty where no photo was seen."""
        landmarks, pixels, count = self.sums.tolist()
        return {"photo_landmarks": landmarks / count, "photo_pixels": pixels / count} if count else {}


def landmark_errors(points: InnerPoints, reconstruction: Reconstruction, seen: Seen) -> Float[Tensor, " b"]:
    """`photo_landmarks` of each photo, weighed by certainty."""
    found = points(reconstruction.coefficients)
    offsets = (found - seen.points[:, points.numbers]).norm(dim=2)
    eyes = (seen.points[:, LEFT_EYE_OUTER] - seen.points[:, RIGHT_EYE_OUTER]).norm(dim=1)
    return PERCENT * masked_mean(offsets, seen.certainty[:, points.numbers]) / eyes


def pixel_errors(reconstruction: Reconstruction, batch: FaceBatch) -> Float[Tensor, " b"]:
    """`photo_pixels` of each photo."""
    rendering = rendering_of(reconstruction, "PhotoMetrics")
    size = rendering.image.shape[-1]
    mask = compared(batch.labels.mask, size)
    return PERCENT * pixel_distance(rendering.image, at_size(batch.image, size), mask, rendering.skin > 0, "l1")
