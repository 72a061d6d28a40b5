"""Photos of people for tests."""

import io
import tarfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.fetched import fetched


@pytest.fixture(scope="session")
def people() -> dict[str, np.ndarray]:
    """Photos of two people: obama, obama2, obama3 and biden; they stay in the cache."""
    with tarfile.open(fetched("test-photos")) as archive:
        names = [name for name in archive.getnames() if "/test_images/" in name and name.endswith(".jpg") and "partial" not in name]
        return {Path(name).stem: _read(archive.extractfile(name).read()) for name in names}


def _read(content: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(content)).convert("RGB"))
