"""What may correct a reconstructed face by looking at its photo once more."""

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64

from hiface_pl.data.crop import Crop
from hiface_pl.inference.photo import Photo
from hiface_pl.types import Reconstruction


@dataclass(frozen=True)
class FittedLandmarks:
    """The landmarks that a face was fitted to, and the model's points before and after, all in crop widths.

    The errors are mean distances to the landmarks in percent of the distance of the outer eye corners in the photo.
    """

    seen: Float64[np.ndarray, "n 2"]
    before: Float64[np.ndarray, "n 2"]
    after: Float64[np.ndarray, "n 2"]
    error_before: float
    error_after: float


class Refiner(ABC):
    """Corrects faces of one network."""

    @abstractmethod
    def refined(self, photo: Photo, crop: Crop, found: Reconstruction) -> tuple[Reconstruction, FittedLandmarks]:
        """The better face (a batch of one, as `found`), and how its points lie on the photo's. Raises PhotoError."""
