"""Faces and 468 points as MediaPipe finds them."""

import numpy as np
from jaxtyping import UInt8
from typing_extensions import override

from hiface_pl.assets.fetch import read_asset
from hiface_pl.perception.blaze_face import FULL_RANGE, SAME_FACE, SHORT_RANGE, BlazeFace, Detection, overlap
from hiface_pl.perception.face_landmarks import FaceLandmarks, LandmarkDetector
from hiface_pl.perception.landmark_network import MARGIN, LandmarkNetwork
from hiface_pl.perception.square import Square


class MediapipeLandmarks(LandmarkDetector):
    """Both of MediaPipe's detectors look at the whole picture, then, if they find nothing, the finer one at overlapping parts of it.

    What the landmark network confirms is a face. Needs the asset `mediapipe`. Raises AssetError.
    """

    def __init__(self) -> None:
        self._short, self._full = (BlazeFace(read_asset("mediapipe", layout.member), layout) for layout in (SHORT_RANGE, FULL_RANGE))
        self._landmarks = LandmarkNetwork()

    @override
    def find(self, image: UInt8[np.ndarray, "h w 3"]) -> list[FaceLandmarks]:
        found = self._confirmed(image, self._short.find(image) + self._full.find(image))
        if not found:
            found = self._confirmed(image, [hit for part in _parts(image) for hit in self._full.find(image, part)])
        return sorted(found, key=lambda face: face.size, reverse=True)

    def _confirmed(self, image: np.ndarray, hits: list[Detection]) -> list[FaceLandmarks]:
        """Each face once."""
        faces: list[FaceLandmarks] = []
        for hit in sorted(hits, key=lambda hit: hit.score, reverse=True):
            if any(_same(hit.box, face) for face in faces):
                continue
            eyes = hit.points[1] - hit.points[0]
            face = self._landmarks(image, Square.over(hit.box.reshape(2, 2), eyes, MARGIN))
            if face is not None and not any(_same(_box(face), other) for other in faces):
                faces.append(face)
        return faces


def _box(face: FaceLandmarks) -> np.ndarray:
    return np.concatenate([face.points.min(axis=0), face.points.max(axis=0)])


def _same(box: np.ndarray, face: FaceLandmarks) -> bool:
    return bool(overlap(box, _box(face)[None])[0] > SAME_FACE)


def _parts(image: np.ndarray) -> list[Square]:
    """Squares half as large as the picture's longer side, each half over the next one; none where that shows nothing more."""
    height, width = image.shape[:2]
    side = max(height, width) / 2
    if side < FULL_RANGE.side / 2:
        return []
    rows, columns = (np.arange(side / 2, max(length - side / 2, side / 2) + 1, side / 2) for length in (height, width))
    return [Square(float(x), float(y), side) for y in rows for x in columns]
