"""Soft masks of the face per vertex, written in the face chart, so that they fit every topology."""

import numpy as np
from jaxtyping import Float32

from hiface_pl.face_models.chart import FaceChart, smooth_step
from hiface_pl.face_models.face_assets import FaceRegions
from hiface_pl.face_models.face_model import FaceModel, Part
from hiface_pl.face_models.normals import vertex_normals


def face_regions(model: FaceModel, chart: FaceChart) -> FaceRegions:
    """The masks of a model. Our choice: front skin inside jaw and hairline; ears, neck, eyeballs and the mouth's inside are 0."""
    place = chart.unroll(model.mean)
    side, height = np.abs(place[:, 0]), place[:, 1]
    skin = np.zeros(len(model.mean), dtype=np.float32)
    skin[model.skin_vertices] = 1.0
    facing = skin_normals(model)[:, 2]
    ear = chart.ear_s
    face = (
        skin
        * smooth_step(facing, -0.3, 0.15)
        * (1 - smooth_step(side, ear - 12, ear))
        * smooth_step(height, chart.chin_y - 18, chart.chin_y - 6)
    )
    face = face * (1 - smooth_step(height, chart.hairline_y + 4, chart.hairline_y + 22))
    nose, mouth = nose_mask(chart, side, height), mouth_mask(chart, side, height)
    forehead = smooth_step(height, chart.brow_y + 1, chart.brow_y + 8)
    cheek = (
        (1 - nose)
        * (1 - mouth)
        * (1 - smooth_step(height, chart.eye_y - 10, chart.eye_y - 4))
        * smooth_step(height, chart.chin_y - 4, chart.chin_y + 4)
    )
    return FaceRegions(*((face * part).astype(np.float32) for part in (np.ones_like(skin), nose, mouth, forehead, cheek)))


def skin_normals(model: FaceModel) -> Float32[np.ndarray, "v 3"]:
    """Normals of the mean face's skin, zero at vertices that it does not use."""
    return vertex_normals(model.mean, model.triangles[model.triangle_part == Part.SKIN]).astype(np.float32)


def nose_mask(chart: FaceChart, side: np.ndarray, height: np.ndarray) -> np.ndarray:
    """A soft nose from its base to the eyes, narrower towards the top; `side` is |s|."""
    width = (chart.nose_half + 5) * np.interp(height, [chart.nose_base_y, chart.eye_y], [1.0, 0.55])
    return (
        (1 - smooth_step(side - width, -2, 3))
        * smooth_step(height, chart.nose_base_y - 8, chart.nose_base_y - 3)
        * (1 - smooth_step(height, chart.eye_y, chart.eye_y + 6))
    )


def mouth_mask(chart: FaceChart, side: np.ndarray, height: np.ndarray) -> np.ndarray:
    """A soft mouth region between nose and chin; `side` is |s|."""
    above = 1 - smooth_step(height, chart.nose_base_y - 6, chart.nose_base_y - 2)
    return (
        (1 - smooth_step(side, chart.mouth_half + 8, chart.mouth_half + 15))
        * above
        * smooth_step(height, chart.chin_y + 1, chart.chin_y + 7)
    )
