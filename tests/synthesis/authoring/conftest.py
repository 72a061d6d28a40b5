"""The open face at its coarsest, with a small atlas: seconds instead of minutes."""

import pytest

from hiface_pl.face_models.chart import FaceChart
from hiface_pl.face_models.face_model import FaceModel
from hiface_pl.face_models.open_face import OpenFace
from hiface_pl.face_models.uv_atlas import rasterise_skin
from hiface_pl.synthesis.authoring.canvas import Canvas
from hiface_pl.synthesis.authoring.subjects import WrinkleAuthor

SIZE = 128


@pytest.fixture(scope="session")
def open_face() -> FaceModel:
    return OpenFace(subdivisions=0).load()


@pytest.fixture(scope="session")
def canvas(open_face) -> Canvas:
    return Canvas.of(open_face, FaceChart.of(open_face), rasterise_skin(open_face, SIZE))


@pytest.fixture(scope="session")
def inside(open_face, canvas) -> WrinkleAuthor:
    return WrinkleAuthor.inside(open_face, canvas.atlas)


@pytest.fixture(scope="session")
def outside(open_face, canvas) -> WrinkleAuthor:
    return WrinkleAuthor.outside(open_face, canvas.atlas)
