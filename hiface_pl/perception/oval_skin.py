"""Skin without a network: the inside of the landmarks, as far as it has the colour of skin."""

import cv2
import numpy as np
from jaxtyping import Bool, Float64, UInt8
from typing_extensions import override

from hiface_pl.perception.face_landmarks import POINTS, FaceLandmarks
from hiface_pl.perception.landmark_points import IBUG_68, LEFT_EYE, LIPS, MOUTH, OVAL, RIGHT_EYE
from hiface_pl.perception.skin import SkinMasker

_NOT_SKIN = {*OVAL, *RIGHT_EYE, *LEFT_EYE, *MOUTH, *LIPS, *IBUG_68[17:27]}
_SAMPLES = np.array([point for point in range(POINTS) if point not in _NOT_SKIN])
"""Points that show skin on nearly every face: their colours tell what skin looks like here."""
_LEAST_SPREAD = np.array([14.0, 4.0, 4.0])
"""Smallest standard deviations of lightness and the two colour axes (CIELAB, 8 bits). Our choice: shading varies, hue hardly."""
_WIDTH = 3.0
"""Standard deviations that still count as skin. Our choice."""
_SMOOTH = 0.012
"""Standard deviation of the blur before colours are compared, in sizes of the face: single hairs, pores and grain do not count."""


class OvalSkin(SkinMasker):
    """The oval of the 468 points minus eyes and mouth, minus pixels whose colour is far from that of the face's inner points.

    Our choice. It is neither a hair nor a glasses parser: hair of the skin's colour, thin frames, clear lenses, beards and hands stay in.
    """

    @override
    def mask(self, image: UInt8[np.ndarray, "h w 3"], face: FaceLandmarks) -> Bool[np.ndarray, "h w"]:
        inside = np.zeros(image.shape[:2], dtype=np.uint8)
        cv2.fillPoly(inside, [_corners(face, OVAL)], 1, shift=4)
        for hole in (RIGHT_EYE, LEFT_EYE, MOUTH):
            cv2.fillPoly(inside, [_corners(face, hole)], 0, shift=4)
        return (inside > 0) & _skin_coloured(image, face)


def _corners(face: FaceLandmarks, ring: tuple[int, ...]) -> np.ndarray:
    return np.rint((face.points[list(ring)] - 0.5) * 16).astype(np.int32)


def _skin_coloured(image: UInt8[np.ndarray, "h w 3"], face: FaceLandmarks) -> Bool[np.ndarray, "h w"]:
    """Pixels within `_WIDTH` robust standard deviations of the median colour of the inner points."""
    left, top, right, bottom = _box(image, face)
    shown = cv2.GaussianBlur(image[top:bottom, left:right], (0, 0), max(0.5, _SMOOTH * face.size))
    colours = cv2.cvtColor(shown, cv2.COLOR_RGB2LAB).astype(np.float64)
    places = np.floor(face.points[_SAMPLES]).astype(int) - [left, top]
    seen = ((places >= 0) & (places < [right - left, bottom - top])).all(axis=1)
    result = np.zeros(image.shape[:2], dtype=bool)
    if seen.any():
        middle, spread = _typical(colours[places[seen, 1], places[seen, 0]])
        result[top:bottom, left:right] = (((colours - middle) / spread) ** 2).sum(axis=2) < _WIDTH**2
    return result


def _typical(samples: Float64[np.ndarray, "n 3"]) -> tuple[Float64[np.ndarray, " 3"], Float64[np.ndarray, " 3"]]:
    """Median, and 1.48 times the median distance from it but at least `_LEAST_SPREAD`."""
    middle = np.median(samples, axis=0)
    return middle, np.maximum(1.48 * np.median(np.abs(samples - middle), axis=0), _LEAST_SPREAD)


def _box(image: np.ndarray, face: FaceLandmarks) -> tuple[int, int, int, int]:
    """Left, top, right and bottom of the face inside the picture, never empty."""
    height, width = image.shape[:2]
    low, high = np.floor(face.points.min(axis=0)).astype(int), np.ceil(face.points.max(axis=0)).astype(int) + 1
    left, top = (int(np.clip(low[k], 0, length - 1)) for k, length in enumerate((width, height)))
    right, bottom = (int(np.clip(high[k], start + 1, length)) for k, (start, length) in enumerate(((left, width), (top, height))))
    return left, top, right, bottom
