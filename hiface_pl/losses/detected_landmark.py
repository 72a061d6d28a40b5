"""L_lmk: the 468 points that a landmark network found in a photo, against the same points of the face model."""

import torch
from jaxtyping import Float
from torch import Tensor, nn
from typing_extensions import override

from hiface_pl.face_models.face_assets import FaceAssets
from hiface_pl.face_models.face_model import FaceModel, SurfacePoints
from hiface_pl.face_models.landmark_places import landmark_places
from hiface_pl.face_models.on_surface import rows_of
from hiface_pl.losses.base import Loss, LossTerm
from hiface_pl.losses.landmark import point_distance
from hiface_pl.losses.reduce import nobody
from hiface_pl.rendering.camera import project, to_camera
from hiface_pl.shapes.surface_bases import SurfaceBases
from hiface_pl.types import Coefficients, FaceBatch, Reconstruction, Wanted


class InnerPoints(nn.Module):
    """Those of the 468 landmarks that lie on the same skin in every pose, on one face model.

    Our choice: the 36 points of the border are left out, since the network puts them where the face ends for the eye, which is other skin
    in every pose: 6 to 12 % of the distance of the eyes off on known faces, twice as much as the others.
    """

    numbers: Tensor
    offsets: Tensor

    def __init__(self, model: FaceModel) -> None:
        """Raises AssetError where the places on this model are not known yet and the asset `face-mesh` is missing."""
        super().__init__()
        places = landmark_places(model)
        inner = ~places.contour
        points = SurfacePoints(places.points.vertices[inner], places.points.weights[inner])
        self.register_buffer("numbers", torch.from_numpy(inner.nonzero()[0]), persistent=False)
        self.register_buffer("offsets", torch.from_numpy(places.offsets[inner]), persistent=False)
        self.bases = SurfaceBases(model, rows_of(points, len(model.mean)))

    def forward(self, coefficients: Coefficients) -> Float[Tensor, "b n 2"]:
        """Where the network would put the points in the image, in image widths."""
        surface = self.bases(coefficients.identity, coefficients.expression)
        return project(to_camera(surface.expressive + self.offsets, coefficients.pose))


class DetectedLandmarkLoss(Loss):
    """L_lmk: `point_distance`, weighed by the detector's certainty, on samples with `seen`. Paper: lambda_lmk 0.5."""

    needs = Wanted.NOTHING

    def __init__(self, weight: float = 0.5) -> None:
        super().__init__(weight)

    @override
    def bind(self, assets: FaceAssets) -> None:
        self.points = InnerPoints(assets.model)

    @override
    def forward(self, reconstruction: Reconstruction, batch: FaceBatch) -> LossTerm:
        points, seen = self.points(reconstruction.coefficients), batch.labels.seen
        if seen is None:
            return LossTerm(*nobody(points))
        numbers = self.points.numbers
        return LossTerm(point_distance(points, seen.points[:, numbers], seen.certainty[:, numbers]), seen.known)
