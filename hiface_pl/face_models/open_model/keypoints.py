"""The open model's 68 landmarks as constants in the numbering of the base mesh, and the 85 keypoints made from them."""

import json
from importlib.resources import files

import numpy as np

from hiface_pl.face_models.carried_points import lower_points
from hiface_pl.face_models.closest_points import closest_on_skin
from hiface_pl.face_models.face_model import FaceModel, SurfacePoints
from hiface_pl.face_models.keypoint_rules import extra_places
from hiface_pl.face_models.mirror import MIRROR_68, MIRROR_85
from hiface_pl.face_models.open_model.head import HeadMesh
from hiface_pl.face_models.subdivision import Subdivision, subdivide

_FILE = "keypoints.json"


def stored_keypoints(head: HeadMesh) -> SurfacePoints:
    """The 68 landmarks that ship with the builder, on the coarse head."""
    constants = json.loads((files("hiface_pl.face_models.open_model") / _FILE).read_text())
    vertices = np.searchsorted(head.used, np.array(constants["vertices"]))
    return SurfacePoints(vertices.astype(np.int32), np.array(constants["weights"], dtype=np.float32))


def keypoints_json(points: SurfacePoints, head: HeadMesh, provenance: str) -> str:
    """What `stored_keypoints` reads: vertices of the base mesh and weights."""
    rows = [head.used[points.vertices].tolist(), np.round(points.weights.astype(float), 4).tolist()]
    lines = [",\n".join(f"  {json.dumps(row)}" for row in part) for part in rows]
    return f'{{\n"provenance": {json.dumps(provenance)},\n"vertices": [\n{lines[0]}\n],\n"weights": [\n{lines[1]}\n]\n}}\n'


def symmetric_points(model: FaceModel, head: HeadMesh, places: np.ndarray) -> SurfacePoints:
    """Points of the coarse mesh for symmetric places near its refined surface: one side is projected, the other mirrors it."""
    mirror = MIRROR_68 if len(places) == 68 else MIRROR_85
    fine = subdivide(model, 1)
    found = lower_points(closest_on_skin(fine, places), model.quads, Subdivision.of(model, 1).quads)
    vertices, weights = found.vertices.copy(), found.weights.copy()
    for point, other in enumerate(mirror):
        if point == other:
            off = np.abs(head.vertices[vertices[point], 0]) > 1e-6
            weights[point] = np.where(off, 0, weights[point]) / weights[point][~off].sum()
        elif point < other:
            vertices[other], weights[other] = head.mirror[vertices[point]], weights[point]
    return SurfacePoints(vertices, weights)


def with_85(model: FaceModel, head: HeadMesh) -> SurfacePoints:
    """The 68 landmarks and the 17 extra points, both on the coarse mesh."""
    extra = extra_places(subdivide(model, 1).keypoints68.on(subdivide(model, 1).mean))
    places = np.concatenate([model.keypoints68.on(model.mean), extra])
    found = symmetric_points(model, head, places)
    vertices, weights = found.vertices.copy(), found.weights.copy()
    vertices[:68], weights[:68] = model.keypoints68.vertices, model.keypoints68.weights
    return SurfacePoints(vertices, weights)
