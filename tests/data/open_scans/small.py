"""A generator of the open face at its coarsest with small maps and bases: real people, wrinkles and scans in seconds."""

import functools

import numpy as np

from hiface_pl.data.open_scans.seating import SPLIT
from hiface_pl.face_models.chart import FaceChart
from hiface_pl.face_models.face_assets import AlbedoBasis, FaceAssets
from hiface_pl.face_models.open_face import OpenFace
from hiface_pl.face_models.regions import face_regions
from hiface_pl.face_models.uv_atlas import rasterise_skin
from hiface_pl.synthesis.authoring.displacement_bases import detail_bases
from hiface_pl.synthesis.authoring.subjects import WrinkleAuthor
from hiface_pl.synthesis.generator import Generator
from tests.synthesis.fakes import tiny_layers

SIZE = 128


@functools.cache
def small_assets() -> FaceAssets:
    model = OpenFace(subdivisions=0).load()
    atlas = rasterise_skin(model, SIZE)
    detail = detail_bases(WrinkleAuthor.inside(model, atlas), subjects=8, modes=4)
    albedo = AlbedoBasis(SIZE, np.full((3, SIZE, SIZE), 0.4, np.float32), np.full((1, 3, SIZE, SIZE), 0.1, np.float32))
    return FaceAssets(model, face_regions(model, FaceChart.of(model)), atlas, detail, albedo)


def small_generator(image_size: int = 64, seed: int = 0) -> Generator:
    return Generator(small_assets(), image_size, seed, SPLIT, "outside", tiny_layers())
