"""What `--landmark-fit` does with a reconstructed face: landmarks found in the photo, coefficients fitted to them, detail decoded again."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from jaxtyping import Float32, Float64
from typing_extensions import override

from hiface_pl.data.crop import Crop
from hiface_pl.errors import PhotoError
from hiface_pl.face_models.face_model import SurfacePoints
from hiface_pl.face_models.landmark_places import landmark_places
from hiface_pl.inference.landmark_fit import LandmarkFit
from hiface_pl.inference.photo import Photo
from hiface_pl.inference.posed_points import PosedFace
from hiface_pl.inference.refiner import FittedLandmarks, Refiner
from hiface_pl.perception.face_landmarks import FaceLandmarks
from hiface_pl.perception.landmark_network import MARGIN, LandmarkNetwork
from hiface_pl.perception.landmark_points import LEFT_EYE_OUTER, RIGHT_EYE_OUTER
from hiface_pl.perception.square import Square
from hiface_pl.reconstructor import Reconstructor
from hiface_pl.types import Reconstruction

FindLandmarks = Callable[[np.ndarray, Square], FaceLandmarks | None]
"""An RGB picture (h, w, 3) and where its face is, to the face's points; `perception.landmark_network.LandmarkNetwork` is one."""


class LandmarkRefiner(Refiner):
    """The fit for one network's face model, and how its landmarks are found."""

    def __init__(
        self, reconstructor: Reconstructor, points: SurfacePoints, find: FindLandmarks, offsets: Float32[np.ndarray, "468 3"] | None = None
    ) -> None:
        """`points` are the landmarks on the face model, `offsets` lead from there to where `find` puts them on average."""
        self.reconstructor = reconstructor
        self.fit = LandmarkFit(reconstructor.assets.model, points, offsets)
        self.find = find

    @classmethod
    def with_mediapipe(cls, reconstructor: Reconstructor) -> "LandmarkRefiner":
        """With MediaPipe's landmark network. Raises AssetError where the assets `mediapipe` and `face-mesh` are not fetched."""
        places = landmark_places(reconstructor.assets.model)
        return cls(reconstructor, places.points, LandmarkNetwork(), places.offsets)

    @override
    def refined(self, photo: Photo, crop: Crop, found: Reconstruction) -> tuple[Reconstruction, FittedLandmarks]:
        """The face decoded from fitted pose, identity and expression; static, albedo and light stay what the network read.

        Paper: the detail head plugged in behind another coarse shape. Raises PhotoError where the landmark network sees no face.
        """
        first = PosedFace.of(found.coefficients)
        before = self.fit.points.project(first)
        landmarks = self.find(photo.pixels, _around(crop.to_image(before)))
        if landmarks is None:
            raise PhotoError(f"the landmark network sees no face where {photo.name} was reconstructed: leave out --landmark-fit")
        seen = crop.to_crop(landmarks.points)
        face = self.fit(seen, landmarks.certainty, first)
        errors = [float(self.fit.errors(seen, one).mean()) for one in (first, face)]
        coefficients = face.put_into(found.coefficients)
        decoded = self.reconstructor.decode(replace(found.encoded, coefficients=coefficients))
        return decoded, FittedLandmarks(seen, before, self.fit.points.project(face), *errors)


def _around(points: Float64[np.ndarray, "468 2"]) -> Square:
    return Square.over(points, points[LEFT_EYE_OUTER] - points[RIGHT_EYE_OUTER], MARGIN)
