"""Dense landmarks of every face in a photo."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64, UInt8

POINTS = 468


@dataclass(frozen=True)
class FaceLandmarks:
    """One face: points in pixels (pixel centres at halves, y down), how sure the network is that it is a face, and of each point.

    Both are in [0, 1]; `certainty` is 0 for points beyond the picture.
    """

    points: Float64[np.ndarray, "468 2"]
    certainty: Float64[np.ndarray, " 468"]
    presence: float

    @property
    def size(self) -> float:
        """Diagonal of the points' box in pixels."""
        return float(np.linalg.norm(np.ptp(self.points, axis=0)))


class LandmarkDetector(ABC):
    """Finds faces and their points."""

    @abstractmethod
    def find(self, image: UInt8[np.ndarray, "h w 3"]) -> list[FaceLandmarks]:
        """All faces of an RGB picture, the largest first; an empty list where there is none."""

    def find_all(self, images: Sequence[UInt8[np.ndarray, "h w 3"]]) -> list[list[FaceLandmarks]]:
        """`find` for several pictures."""
        return [self.find(image) for image in images]
