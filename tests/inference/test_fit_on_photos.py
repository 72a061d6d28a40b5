"""The shipped network with and without the landmark fit on real photos: fetched, or skipped."""

import numpy as np
import pytest
from skimage.data import astronaut

from hiface_pl.inference.landmark_refiner import LandmarkRefiner
from hiface_pl.inference.mediapipe_detector import MediapipeDetector
from hiface_pl.inference.photo import Photo
from hiface_pl.inference.reconstruct import reconstruct_faces
from hiface_pl.pretrained import shipped_model
from hiface_pl.training.loading import load_reconstructor
from tests.fetched import fetched
from tests.perception.conftest import people  # noqa: F401 - a fixture

WITHOUT, WITH = 8.0, 3.0
"""Percent of the distance of the eye corners, asked for."""


@pytest.mark.slow
def test_landmarks_of_photos_are_met(people: dict[str, np.ndarray]) -> None:  # noqa: F811
    for name in ("mediapipe", "face-mesh"):
        fetched(name)
    network, detector = load_reconstructor(shipped_model()), MediapipeDetector()
    refiner = LandmarkRefiner.with_mediapipe(network)
    for name, pixels in {"astronaut": astronaut(), **people}.items():
        (face,) = reconstruct_faces(Photo(name, pixels), detector, network, refiner).faces
        assert face.fitted is not None
        assert face.fitted.error_before < WITHOUT, name
        assert face.fitted.error_after < WITH, name
