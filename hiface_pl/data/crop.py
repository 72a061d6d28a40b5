"""The one crop that training images and photos share: a square around the 68 landmarks, with room for the forehead."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

SCALE = 1.4
"""Side of the crop in units of the larger side of the landmarks' bounding box. Our choice: about 205 mm on a frontal face."""
RISE = 0.08
"""How far the crop's centre lies above the box's centre, in crop sides. Our choice: the landmarks end at the brows, the face does not."""


@dataclass(frozen=True)
class Crop:
    """A square in an image: centre and side in pixels, x right, y down."""

    x: float
    y: float
    side: float

    @classmethod
    def around(cls, landmarks: Float[np.ndarray, "n 2"]) -> "Crop":
        """The crop around landmarks given in pixels."""
        low, high = landmarks.min(axis=0), landmarks.max(axis=0)
        side = SCALE * float((high - low).max())
        centre = (low + high) / 2
        return cls(float(centre[0]), float(centre[1]) - RISE * side, side)

    @classmethod
    def whole(cls, side: int) -> "Crop":
        """All of a square image."""
        return cls(side / 2, side / 2, float(side))

    def to_image(self, points: Float[np.ndarray, "n 2"]) -> Float[np.ndarray, "n 2"]:
        """Points in crop widths, as networks see them, in pixels of the whole image."""
        return (points - 0.5) * self.side + np.array([self.x, self.y])

    def to_crop(self, points: Float[np.ndarray, "n 2"]) -> Float[np.ndarray, "n 2"]:
        """Pixels of the whole image in crop widths."""
        return (points - np.array([self.x, self.y])) / self.side + 0.5
