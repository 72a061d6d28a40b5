"""Points on the face that landmark networks find besides the 68: evenly spread, nested, the same for every module that asks."""

import numpy as np
from jaxtyping import Float32

from hiface_pl.errors import ConfigError
from hiface_pl.face_models.face_assets import FaceAssets
from hiface_pl.face_models.face_model import SurfacePoints

FACE = 0.5


def dense_points(assets: FaceAssets, count: int) -> SurfacePoints:
    """The 68 keypoints followed by `count` - 68 vertices of the face region, each the farthest from all before it on the mean face.

    Fewer points are always the beginning of more, so a loss can be bound to many and compare those that an encoder brings.
    Our choice: farthest-point sampling. Raises ConfigError where the face has too few vertices.
    """
    model = assets.model
    first = model.keypoints68
    candidates = model.skin_vertices[assets.regions.face[model.skin_vertices] > FACE]
    if not len(first.vertices) <= count <= len(first.vertices) + len(candidates):
        limit = len(first.vertices) + len(candidates)
        raise ConfigError(f"{count} landmarks do not fit the face model {model.name}: name a number from {len(first.vertices)} to {limit}")
    chosen = _farthest(model.mean[candidates], first.on(model.mean), count - len(first.vertices))
    extra = SurfacePoints.at_vertices(candidates[chosen])
    return SurfacePoints(np.concatenate([first.vertices, extra.vertices]), np.concatenate([first.weights, extra.weights]))


def _farthest(candidates: Float32[np.ndarray, "n 3"], taken: Float32[np.ndarray, "m 3"], count: int) -> list[int]:
    distance = np.min(np.linalg.norm(candidates[:, None] - taken[None], axis=-1), axis=1)
    axes, chosen = np.ascontiguousarray(candidates.T), []
    for _ in range(count):
        best = int(np.argmax(distance))
        chosen.append(best)
        x, y, z = np.square(axes - axes[:, best, None])
        distance = np.minimum(distance, np.sqrt(x + y + z))
    return chosen
