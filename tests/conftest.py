"""One thread, offline loggers, a scratch HIFACE_HOME on request, and a loud word about licensed data that is missing."""

import os

for variable in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ.setdefault(variable, "1")
os.environ.setdefault("WANDB_MODE", "offline")
os.environ.setdefault("WANDB_SILENT", "true")

from pathlib import Path

import pytest

from hiface_pl.face_models.face_assets import FaceAssets
from hiface_pl.perception.mediapipe_landmarks import MediapipeLandmarks
from tests.browser import installed_browser
from tests.fetched import fetched
from tests.tiny import tiny_assets


@pytest.fixture(scope="session")
def tiny() -> FaceAssets:
    return tiny_assets()


@pytest.fixture(scope="session")
def detector() -> MediapipeLandmarks:
    """MediaPipe's networks, fetched once."""
    fetched("mediapipe")
    return MediapipeLandmarks()


@pytest.fixture(scope="session")
def test_data() -> Path:
    """The folder of third-party test data; a test that asks for it is skipped, and says so, where the user has none."""
    folder = os.environ.get("HIFACE_TEST_DATA")
    if not folder or not Path(folder).is_dir():
        pytest.skip("HIFACE_TEST_DATA names no folder: the tests on third-party face models do not run")
    return Path(folder)


def pytest_report_header() -> list[str]:
    folder = os.environ.get("HIFACE_TEST_DATA")
    return [
        f"third-party test data: {folder or 'NONE, tests that need it are SKIPPED (set HIFACE_TEST_DATA)'}",
        f"browser: {installed_browser() or 'NONE, tests of pages are SKIPPED (such as apt-get install chromium)'}",
    ]
