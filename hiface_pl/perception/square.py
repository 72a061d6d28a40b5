"""A turned square in a photo: what a network looks at."""

from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Float, Float64, UInt8

_FINEST = 4
"""A square is reduced by averages over this many pixels at most; beyond, pixels are left out. Our choice: more brings little."""


@dataclass(frozen=True)
class Square:
    """Centre and side in pixels (pixel centres at halves, y down); its x axis is turned clockwise by `angle` radians."""

    x: float
    y: float
    side: float
    angle: float = 0.0

    @classmethod
    def over(cls, points: Float[np.ndarray, "n 2"], along: Float[np.ndarray, " 2"], scale: float) -> "Square":
        """Around the box of `points` along the axes of the photo, `scale` times its longer side, turned so that x lies along `along`."""
        low, high = points.min(axis=0), points.max(axis=0)
        centre = (low + high) / 2
        return cls(float(centre[0]), float(centre[1]), scale * float((high - low).max()), float(np.arctan2(along[1], along[0])))

    @property
    def axes(self) -> Float64[np.ndarray, "2 2"]:
        """Columns: the square's x and y axis in pixels of the photo, one side long."""
        cosine, sine = self.side * np.cos(self.angle), self.side * np.sin(self.angle)
        return np.array([[cosine, -sine], [sine, cosine]])

    def to_image(self, points: Float[np.ndarray, "n 2"]) -> Float64[np.ndarray, "n 2"]:
        """Points in square sides, (0, 0) at its left top corner, in pixels of the photo."""
        return (points - 0.5) @ self.axes.T + np.array([self.x, self.y])

    def cut(self, image: UInt8[np.ndarray, "h w 3"], size: int, border: int = cv2.BORDER_REPLICATE) -> UInt8[np.ndarray, "s s 3"]:
        """What the square shows, at `size` pixels."""
        finer = int(np.clip(self.side // size, 1, _FINEST))
        shown = self._warp(image, size * finer, border)
        return np.asarray(cv2.resize(shown, (size, size), interpolation=cv2.INTER_AREA), dtype=np.uint8) if finer > 1 else shown

    def paste(self, cut: UInt8[np.ndarray, "s s"], shape: tuple[int, int]) -> UInt8[np.ndarray, "h w"]:
        """What lies in the square, back in a picture of `shape` (height, width); 0 around it."""
        height, width = shape
        return np.asarray(cv2.warpAffine(cut, self._matrix(len(cut)), (width, height), flags=cv2.INTER_LINEAR), dtype=np.uint8)

    def _warp(self, image: np.ndarray, size: int, border: int) -> UInt8[np.ndarray, "s s 3"]:
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        return np.asarray(cv2.warpAffine(image, self._matrix(size), (size, size), flags=flags, borderMode=border), dtype=np.uint8)

    def _matrix(self, size: int) -> Float64[np.ndarray, "2 3"]:
        """From indices of pixels of the square to those of the photo."""
        start = self.to_image(np.full((1, 2), 0.5 / size))[0] - 0.5
        return np.concatenate([self.axes / size, start[:, None]], axis=1)
