"""The networks that look at every photo once, when a store is made."""

from collections.abc import Callable
from dataclasses import dataclass

from hiface_pl.perception.age import DlibAge
from hiface_pl.perception.embedder import Embedder
from hiface_pl.perception.face_landmarks import LandmarkDetector
from hiface_pl.perception.identity import DlibIdentity
from hiface_pl.perception.mediapipe_landmarks import MediapipeLandmarks
from hiface_pl.perception.oval_skin import OvalSkin
from hiface_pl.perception.skin import SkinMasker


@dataclass(frozen=True)
class Perception:
    """Detector, skin masker, identity (128 numbers) and age network (81 probabilities)."""

    landmarks: LandmarkDetector
    skin: SkinMasker
    identity: Embedder
    age: Embedder


PerceptionFactory = Callable[[], Perception]
"""Makes the networks in each process; must be picklable, such as a function of a module."""


FETCHED = "mediapipe 0.10.21, OvalSkin, dlib"
"""What the meta data of a store call the networks of `fetched_perception`."""


def fetched_perception() -> Perception:
    """The networks of the assets `perception`. Raises AssetError where they were not fetched."""
    return Perception(MediapipeLandmarks(), OvalSkin(), DlibIdentity(), DlibAge())
