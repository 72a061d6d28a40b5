"""MediaPipe's landmark network: 468 points of a face whose place is known."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64, UInt8

from hiface_pl.assets.fetch import read_asset
from hiface_pl.perception.face_landmarks import POINTS, FaceLandmarks
from hiface_pl.perception.landmark_points import LEFT_EYE_OUTER, RIGHT_EYE_OUTER
from hiface_pl.perception.square import Square
from hiface_pl.perception.tflite import TfliteNetwork

_MEMBER = "mediapipe/modules/face_landmark/face_landmark.tflite"
_SIDE = 192
MARGIN = 1.5
"""Side of the square that the network looks at in units of the face's box. Paper: the published graph."""
PRESENT = 0.5
"""From this presence on it is a face. Paper: the published graph."""
_MOST_LOOKS = 4
_STILL = 0.02
"""Our choice: points that move by less between two looks, in sizes of the face, stay. Upright faces need two looks."""
_UNSURE = 0.04
"""Our choice: a point that moves by this share of the face's size between two looks has half the certainty of one that stays."""


@dataclass(frozen=True)
class _Look:
    points: Float64[np.ndarray, "468 2"]
    presence: float

    def again(self) -> Square:
        """The square around these points, turned so that the eyes lie level."""
        return Square.over(self.points, self.points[LEFT_EYE_OUTER] - self.points[RIGHT_EYE_OUTER], MARGIN)


class LandmarkNetwork:
    """Looks where it is told, then at the square that its own points make, and again while they move. Needs the asset `mediapipe`.

    Raises AssetError.
    """

    def __init__(self) -> None:
        self._network = TfliteNetwork(read_asset("mediapipe", _MEMBER))

    def __call__(self, image: UInt8[np.ndarray, "h w 3"], square: Square) -> FaceLandmarks | None:
        """The points, or None where the network sees no face."""
        seen = self._look(image, square)
        for _ in range(_MOST_LOOKS - 1):
            before, seen = seen, self._look(image, seen.again())
            if min(before.presence, seen.presence) < PRESENT:
                return None
            moved = _moved(before, seen)
            if np.median(moved) < _STILL:
                break
        return FaceLandmarks(seen.points, _certainty(image, seen, moved), seen.presence)

    def _look(self, image: np.ndarray, square: Square) -> _Look:
        values, presence = self._network(square.cut(image, _SIDE).astype(np.float32) / 255)
        points = square.to_image(values.reshape(POINTS, 3)[:, :2].astype(np.float64) / _SIDE)
        return _Look(points, float(1 / (1 + np.exp(-np.clip(presence.astype(np.float64), -100, 100).item()))))


def _moved(before: _Look, now: _Look) -> Float64[np.ndarray, " 468"]:
    """How far each point moved between two looks, in sizes of the face."""
    return np.asarray(np.linalg.norm(now.points - before.points, axis=1) / np.ptp(now.points, axis=0).max())


def _certainty(image: np.ndarray, seen: _Look, moved: Float64[np.ndarray, " 468"]) -> Float64[np.ndarray, " 468"]:
    height, width = image.shape[:2]
    inside = ((seen.points >= 0) & (seen.points <= [width, height])).all(axis=1)
    return np.asarray(inside * seen.presence / (1 + (moved / _UNSURE) ** 2))
