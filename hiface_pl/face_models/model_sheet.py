"""One picture of a face model: mean with keypoints, leading identity modes, people of its prior, expression units, UV chart."""

import cv2
import numpy as np
from jaxtyping import UInt8

from hiface_pl.face_models.face_model import FaceModel, IdentityPrior, unit_base
from hiface_pl.face_models.pictures import View, draw

_TILE, _COLUMNS = 240, 8
_AGES = (20.0, 50.0, 75.0)
_MODES = 8
_INK, _GREEN, _PINK = (30, 30, 90), (20, 130, 20), (190, 30, 170)

Image = UInt8[np.ndarray, "h w 3"]


def model_sheet(model: FaceModel) -> Image:
    """The sheet, RGB: large views on top, then rows of small labelled faces."""
    top = np.concatenate([_with_keypoints(model, 0.0), _with_keypoints(model, 40.0), _chart(model)], axis=1)
    tiles = _mode_tiles(model) + _people_tiles(model) + _unit_tiles(model)
    tiles += [np.full((_TILE, _TILE, 3), 255, dtype=np.uint8)] * (-len(tiles) % _COLUMNS)
    rows = [np.concatenate(tiles[first : first + _COLUMNS], axis=1) for first in range(0, len(tiles), _COLUMNS)]
    side = rows[0].shape[1]
    top = cv2.resize(top, (side, side // 3), interpolation=cv2.INTER_AREA)
    return np.concatenate([top, *rows])


def draw_points(image: Image, pixels: np.ndarray, colour: tuple[int, int, int]) -> None:
    """Marks numbered points (columns, rows) in place."""
    for number, (column, row) in enumerate(pixels[:, :2]):
        place = (round(float(column)), round(float(row)))
        cv2.circle(image, place, 3, colour, -1, cv2.LINE_AA)
        cv2.putText(image, str(number), (place[0] + 4, place[1] - 3), cv2.FONT_HERSHEY_SIMPLEX, 0.36, _INK, 1, cv2.LINE_AA)


def _with_keypoints(model: FaceModel, yaw: float) -> Image:
    view = View.of(model.mean[model.skin_vertices], yaw, span=235.0)
    image = _bytes(draw(model, model.mean, view, 4 * _TILE).image)
    points = model.keypoints68 if model.keypoints85 is None else model.keypoints85
    pixels = view.project(points.on(model.mean), 4 * _TILE)
    draw_points(image, pixels, _PINK)
    draw_points(image, pixels[:68], _GREEN)
    return image


def _chart(model: FaceModel) -> Image:
    size = 4 * _TILE
    image = np.full((size, size, 3), 255, dtype=np.uint8)
    corners = np.stack([model.uv[:, 0], 1 - model.uv[:, 1]], axis=1) * size
    lines = [np.rint(corners[face[face >= 0]] * 8).astype(np.int32) for face in model.uv_quads]
    cv2.polylines(image, lines, isClosed=True, color=(110, 110, 120), thickness=1, lineType=cv2.LINE_AA, shift=3)
    return image


def _mode_tiles(model: FaceModel) -> list[Image]:
    tiles = []
    for mode in range(min(_MODES, len(model.identity_basis))):
        for sign in (-2, 2):
            identity = np.zeros(mode + 1)
            identity[mode] = sign
            tiles.append(_face(model, model.vertices(identity), f"mode {mode + 1}, {sign:+d} sd"))
    return tiles


def _people_tiles(model: FaceModel) -> list[Image]:
    if model.prior is None:
        return []
    rng, tiles = np.random.default_rng(0), []
    for age in _AGES:
        for number in range(_COLUMNS):
            male = float(number % 2)
            identity = _person(model.prior, age, male, rng)
            tiles.append(_face(model, model.vertices(identity), f"{age:.0f}, {'m' if male else 'f'}", yaw=20.0))
    return tiles


def _person(prior: IdentityPrior, age: float, male: float, rng: np.random.Generator) -> np.ndarray:
    a, origin = age / 50, rng.dirichlet([0.35] * 3)
    features = np.array([1, a, a * a, male, origin[0], origin[1], male * a])
    return prior.mean_weights @ features + prior.residual @ rng.normal(size=len(prior.residual))


def _unit_tiles(model: FaceModel) -> list[Image]:
    bases = dict.fromkeys(unit_base(name) for name in model.expression_names)
    return [_face(model, model.vertices(None, model.expression(**{base: 1.0})), base, yaw=10.0) for base in bases]


def _face(model: FaceModel, vertices: np.ndarray, label: str, yaw: float = 0.0) -> Image:
    image = _bytes(draw(model, vertices, View.of(model.mean[model.skin_vertices], yaw), 2 * _TILE).image)
    image = cv2.resize(image, (_TILE, _TILE), interpolation=cv2.INTER_AREA)
    cv2.putText(image, label, (6, 16), cv2.FONT_HERSHEY_SIMPLEX, 0.45, _INK, 1, cv2.LINE_AA)
    return image


def _bytes(image: np.ndarray) -> Image:
    return np.rint(image * 255).astype(np.uint8)
