"""Which detector photos are searched with where the user names no box."""

from importlib import import_module

from hiface_pl.assets.fetch import place_of
from hiface_pl.assets.manifest import asset
from hiface_pl.inference.detector import FaceDetector, SkimageCascadeDetector


def default_detector() -> FaceDetector:
    """MediaPipe's where the asset `mediapipe` was fetched, else the one that comes with scikit-image. Raises AssetError if it is altered.

    Our choice: a first run works offline, and whoever fetched the better detector means it.
    """
    if not place_of(asset("mediapipe")).is_file():
        return SkimageCascadeDetector()
    detector: FaceDetector = import_module("hiface_pl.inference.mediapipe_detector").MediapipeDetector()
    return detector
