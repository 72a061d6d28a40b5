"""One folder of results and one page for all tests of the page."""

from pathlib import Path

import pytest

from hiface_pl.cli.main import main
from hiface_pl.face_models.derive import face_assets
from hiface_pl.face_models.face_assets import FaceAssets
from hiface_pl.face_models.open_face import OpenFace
from tests.report.matrix_page.made_results import write_results


@pytest.fixture(scope="session")
def open_assets() -> FaceAssets:
    return face_assets(OpenFace().load())


@pytest.fixture(scope="session")
def results(tmp_path_factory: pytest.TempPathFactory, open_assets: FaceAssets) -> Path:
    root = tmp_path_factory.mktemp("results")
    write_results(root, open_assets)
    return root


@pytest.fixture(scope="session")
def page(results: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """As a user makes it from committed results."""
    path = tmp_path_factory.mktemp("page") / "report.html"
    assert main(["report", "html", "--results", str(results), "--out", str(path)]) == 0
    return path
