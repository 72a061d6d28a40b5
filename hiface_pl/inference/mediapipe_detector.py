"""Faces of any pose and size, found by MediaPipe's networks."""

import numpy as np
from typing_extensions import override

from hiface_pl.errors import PhotoError
from hiface_pl.inference.detector import FaceBox, FaceDetector
from hiface_pl.inference.photo import Photo
from hiface_pl.perception.face_landmarks import FaceLandmarks, LandmarkDetector
from hiface_pl.perception.landmark_points import IBUG_68
from hiface_pl.perception.mediapipe_landmarks import MediapipeLandmarks


class MediapipeDetector(FaceDetector):
    """Boxes around the 68 of the 468 points, the largest face first. Needs the asset `mediapipe` unless given a detector."""

    certain = True
    described = "MediaPipe's networks"

    def __init__(self, landmarks: LandmarkDetector | None = None) -> None:
        self._landmarks = landmarks or MediapipeLandmarks()

    @override
    def find(self, photo: Photo) -> list[FaceBox]:
        faces = self._landmarks.find(photo.pixels)
        if not faces:
            raise PhotoError(f"no face was found in {photo.name}: give its place with --box x,y,w,h, in pixels from brows to chin")
        return [_box(face) for face in faces]


def _box(face: FaceLandmarks) -> FaceBox:
    points = face.points[list(IBUG_68)]
    (left, top), (width, height) = points.min(axis=0), np.ptp(points, axis=0)
    return FaceBox(float(left), float(top), float(width), float(height))
