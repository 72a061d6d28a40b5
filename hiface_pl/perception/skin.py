"""Which pixels of a photo show a face's bare skin: what photometric losses compare."""

from abc import ABC, abstractmethod

import numpy as np
from jaxtyping import Bool, UInt8

from hiface_pl.perception.face_landmarks import FaceLandmarks


class SkinMasker(ABC):
    """Finds skin. Not differentiable."""

    @abstractmethod
    def mask(self, image: UInt8[np.ndarray, "h w 3"], face: FaceLandmarks) -> Bool[np.ndarray, "h w"]:
        """True where the RGB picture shows skin of this face, without eyes and the mouth's inside."""
