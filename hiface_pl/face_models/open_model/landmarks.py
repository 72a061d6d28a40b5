"""Finding the 68 landmarks of a face model: draw random heads, find points with a landmark network, carry them back to the mean face.

Our choice: the median over heads and views is steadier than one picture; points are made mirror-symmetric and stay on the skin.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64

from hiface_pl.errors import AssetError
from hiface_pl.face_models.face_model import FaceModel, Part
from hiface_pl.face_models.mirror import MIRROR_68
from hiface_pl.face_models.pictures import Picture, View, draw
from hiface_pl.perception.landmark_network import MARGIN, LandmarkNetwork
from hiface_pl.perception.landmark_points import IBUG_68
from hiface_pl.perception.square import Square

_SIZE = 512
_VIEWS = ((0.0, 0.0), (-12.0, 0.0), (12.0, 0.0), (0.0, -10.0), (0.0, 10.0))
_IDENTITY_SCALE = 0.8


@dataclass(frozen=True)
class FoundLandmarks:
    """The 68 places on the mean face, and how far single pictures lie from them (median, mm)."""

    places: Float64[np.ndarray, "68 3"]
    spread: Float64[np.ndarray, " 68"]
    pictures: int


def find_landmarks(model: FaceModel, network: LandmarkNetwork, heads: int = 24, seed: int = 3) -> FoundLandmarks:
    """Looks at `heads` random identities, every third from five sides. Raises AssetError if the network sees hardly any face."""
    rng = np.random.default_rng(seed)
    hits = []
    for index in range(heads):
        identity = rng.normal(size=len(model.identity_basis)) * (_IDENTITY_SCALE if index else 0.0)
        vertices = model.vertices(identity)
        for yaw, pitch in _VIEWS if index % 3 == 0 else _VIEWS[:1]:
            found = _look(model, vertices, View.of(vertices, yaw, pitch), network)
            if found is not None:
                hits.append(found)
    if len(hits) < heads:
        raise AssetError(
            f"the landmark network saw a face in {len(hits)} pictures of {heads} heads: check the model with `hiface-pl face-model show`"
        )
    places = np.nanmedian(np.stack(hits), axis=0)
    spread = np.nanmedian(np.linalg.norm(np.stack(hits) - places, axis=2), axis=0)
    return FoundLandmarks(0.5 * (places + places[MIRROR_68] * [-1, 1, 1]), spread, len(hits))


def _look(model: FaceModel, vertices: np.ndarray, view: View, network: LandmarkNetwork) -> Float64[np.ndarray, "68 3"] | None:
    picture = draw(model, vertices, view, _SIZE)
    face = view.project(vertices[vertices[:, 2] > np.median(vertices[:, 2])], _SIZE)
    pixels = np.rint(picture.image * 255).astype(np.uint8)
    found = network(pixels, Square.over(face[:, :2], np.array([1.0, 0.0]), MARGIN))
    return None if found is None else _carried_back(model, picture, found.points[list(IBUG_68)])


def _carried_back(model: FaceModel, picture: Picture, points: Float64[np.ndarray, "68 2"]) -> Float64[np.ndarray, "68 3"]:
    """Where the mean face has what each pixel shows; NaN where that is not skin."""
    column, row = (np.clip(points[:, k].astype(int), 0, _SIZE - 1) for k in (0, 1))
    triangle = picture.triangle[row, column]
    corners = model.mean[model.triangles[np.maximum(triangle, 0)]]
    places = np.einsum("nk,nkc->nc", picture.weights[row, column], corners).astype(np.float64)
    places[(triangle < 0) | (model.triangle_part[np.maximum(triangle, 0)] != Part.SKIN)] = np.nan
    return places
