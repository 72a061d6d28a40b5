"""What the viewer is given: one mesh for all, and for each face and row its shape and displacement maps. viewer/src reads it."""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from jaxtyping import Float32

from hiface_pl.details.skin_edges import SkinEdges
from hiface_pl.face_models.face_assets import FaceAssets
from hiface_pl.face_models.face_model import FaceModel
from hiface_pl.report.matrix_page.chosen_faces import ChosenFaces
from hiface_pl.report.matrix_page.drivers import OWN, POSITIONS, presets
from hiface_pl.report.matrix_page.packing import packed
from hiface_pl.report.matrix_page.row_faces import STEP, Layer, RowFaces

VERTEX_STEP = 0.01
"""Coordinates are rounded to this, mm. Our choice: a pixel of the viewer is ten times as wide."""
UV_STEP = 1 / 65536
WEIGHT_STEP = 1 / 255


@dataclass(frozen=True)
class Shown:
    """A row on the page: its name, what it is in a few words, and its faces."""

    name: str
    caption: str
    faces: RowFaces


def model_scene(assets: FaceAssets, rows: Sequence[Shown]) -> dict[str, Any]:
    """What all faces share: mesh, chart, edges of the tension, presets, names of the rows."""
    model, detail = assets.model, assets.detail
    corners, triangles = _drawn(model)
    return {
        "steps": {"vertex": VERTEX_STEP, "map": STEP, "uv": UV_STEP, "weight": WEIGHT_STEP},
        "count": len(model.mean),
        "mean": packed(model.mean.T, VERTEX_STEP),
        "corners": packed(corners.T),
        "uv": packed(model.uv[corners[:, 1]].T, UV_STEP),
        "triangles": packed(triangles),
        "edges": packed(SkinEdges.of(model).ends.T),
        "face": packed(assets.regions.face, WEIGHT_STEP),
        "map": {"side": detail.size, "texels": packed(detail.texels), "mask": packed(detail.mask.ravel()[detail.texels], WEIGHT_STEP)},
        "places": _places(assets),
        "positions": POSITIONS,
        "drivers": [{"name": OWN, "most": POSITIONS[-1]}, *_preset_drivers(model)],
        "rows": [{"name": row.name, "caption": row.caption} for row in rows],
    }


def face_scene(number: int, chosen: ChosenFaces, rows: Sequence[Shown], assets: FaceAssets) -> dict[str, Any]:
    """One of the chosen faces: its picture, and all rows of it."""
    picture = base64.b64encode(chosen.pictures[number]).decode("ascii")
    return {
        "name": f"held-out face {chosen.indices[number]}",
        "picture": f"data:image/jpeg;base64,{picture}",
        "rows": [_row_scene(number, row.faces, assets) for row in rows],
    }


def layer_values(layer: Layer, name: str, number: int, assets: FaceAssets) -> Float32[np.ndarray, "s n"]:
    """One face's maps at the mask's texels, mm."""
    if not layer.spanned:
        return layer.values[number]
    basis = getattr(assets.detail, name)
    return np.asarray(basis.mean + layer.values[number] @ basis.basis, dtype=np.float32)


def _row_scene(number: int, faces: RowFaces, assets: FaceAssets) -> dict[str, Any]:
    model = assets.model
    neutral = np.tensordot(faces.identity[number], model.identity_basis, axes=1)
    offset = np.tensordot(faces.expression[number], model.expression_basis, axes=1)
    return {
        "neutral": packed(neutral.T, VERTEX_STEP),
        "offset": packed(offset.T, VERTEX_STEP),
        "layers": {name: _packed_layer(layer, name, number, assets) for name, layer in faces.layers.items()},
        "tension": faces.tension and asdict(faces.tension),
    }


def _packed_layer(layer: Layer, name: str, number: int, assets: FaceAssets) -> list[str]:
    """A text a sample; one that equals an earlier one is its number instead."""
    texts: dict[str, int] = {}
    maps = [packed(values, STEP) for values in layer_values(layer, name, number, assets)]
    return [text if texts.setdefault(text, position) == position else str(texts[text]) for position, text in enumerate(maps)]


def _preset_drivers(model: FaceModel) -> list[Mapping[str, Any]]:
    offsets = [np.tensordot(preset.weights, model.expression_basis, axes=1) for preset in presets(model)]
    return [
        {"name": preset.name, "most": 1.0, "offset": packed(offset.T, VERTEX_STEP)}
        for preset, offset in zip(presets(model), offsets, strict=True)
    ]


def _places(assets: FaceAssets) -> dict[str, list[float]]:
    """What a camera looks at on the mean face: the middle of the head and of the brows, the left eye, the mouth. Model frame, mm."""
    mean, points = assets.model.mean, assets.model.keypoints68.on(assets.model.mean)
    middle = (mean.min(axis=0) + mean.max(axis=0)) / 2
    places = {"face": [0.0, middle[1], points[30, 2] - 75], "brows": points[17:27].mean(axis=0)}
    places |= {"eye": points[42:48].mean(axis=0), "mouth": points[48:60].mean(axis=0)}
    return {name: np.round(np.asarray(place, dtype=float), 1).tolist() for name, place in places.items()}


def _drawn(model: FaceModel) -> tuple[np.ndarray, np.ndarray]:
    """The vertices to draw, one a vertex, texture coordinate and part (n, 3), and the triangles between them (m, 3)."""
    part = np.repeat(model.triangle_part.astype(np.int64)[:, None], 3, axis=1)
    keys = np.stack([model.triangles, model.uv_triangles, part], axis=-1).reshape(-1, 3)
    corners, inverse = np.unique(keys, axis=0, return_inverse=True)
    return corners, inverse.reshape(-1, 3)
