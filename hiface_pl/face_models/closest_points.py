"""The points of a mesh that are closest to given places."""

import numpy as np
from jaxtyping import Float, Float64
from scipy.spatial import cKDTree

from hiface_pl.face_models.face_model import FaceModel, Part, SurfacePoints

_CANDIDATES = 48
"""Triangles with the nearest centres that are tried per place: enough where triangles are of similar size."""


def closest_on_skin(model: FaceModel, places: Float[np.ndarray, "n 3"]) -> SurfacePoints:
    """The closest points of the mean face's skin, inside triangles."""
    triangles = model.triangles[model.triangle_part == Part.SKIN]
    corners = model.mean[triangles].astype(np.float64)
    tree = cKDTree(corners.mean(axis=1))
    candidates = np.asarray(tree.query(places, k=min(_CANDIDATES, len(triangles)))[1])
    vertices, weights = [], []
    for place, near in zip(places, candidates, strict=True):
        local = _closest_weights(corners[near], np.asarray(place, dtype=np.float64))
        best = int(np.linalg.norm(np.einsum("nk,nkc->nc", local, corners[near]) - place, axis=1).argmin())
        vertices.append(triangles[near[best]])
        weights.append(local[best])
    return SurfacePoints(np.array(vertices, dtype=np.int32), np.array(weights, dtype=np.float32))


def _closest_weights(corners: Float64[np.ndarray, "n 3 3"], place: Float64[np.ndarray, " 3"]) -> Float64[np.ndarray, "n 3"]:
    """Barycentric weights of the point of each triangle that is closest to `place`."""
    edges = np.stack([corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]], axis=-1)
    inner = np.linalg.pinv(edges) @ (place - corners[:, 0])[:, :, None]
    weights = np.concatenate([1 - inner.sum(axis=1), inner[:, 0], inner[:, 1]], axis=1)
    inside = weights.min(axis=1) >= 0
    options = [weights if side is None else _on_edge(corners, place, side) for side in (None, 0, 1, 2)]
    distance = np.stack([np.linalg.norm(np.einsum("nk,nkc->nc", option, corners) - place, axis=1) for option in options])
    distance[0, ~inside] = np.inf
    return np.stack(options)[distance.argmin(axis=0), np.arange(len(corners))]


def _on_edge(corners: np.ndarray, place: np.ndarray, side: int) -> Float64[np.ndarray, "n 3"]:
    start, end = corners[:, side], corners[:, (side + 1) % 3]
    along = np.clip(((place - start) * (end - start)).sum(axis=1) / np.maximum(((end - start) ** 2).sum(axis=1), 1e-12), 0, 1)
    weights = np.zeros((len(corners), 3))
    weights[:, side], weights[:, (side + 1) % 3] = 1 - along, along
    return weights
