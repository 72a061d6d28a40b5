"""Templates made from face models: at the level that networks use, and of the refined meshes that detail is exported on."""

import numpy as np
from jaxtyping import Float64, Int32

from hiface_pl.errors import FaceModelError
from hiface_pl.evaluation.realy.keypoint_hash import keypoint_hash
from hiface_pl.evaluation.realy.template import Template
from hiface_pl.face_models.closest_points import closest_on_skin
from hiface_pl.face_models.face_model import FaceModel, SurfacePoints, split_quads
from hiface_pl.face_models.keypoint_rules import extra_places
from hiface_pl.face_models.subdivision import Subdivision


def model_template(model: FaceModel, name: str, levels: int = 0) -> Template:
    """The template of the model's mesh after `levels` further subdivisions, its 85 keypoints carried along; `places` are the mean face.

    Triangles are those of the faces in file order, a quad a b c d cut into a b c and a c d. There is no mask, as REALY's own templates
    have none by default. A model that brings 68 landmarks only gets the other 17 by `keypoint_rules`.
    """
    points = keypoints85(model)
    subdivision = Subdivision.of(model, levels)
    places = subdivision.apply(model.mean).astype(np.float64)
    triangles = split_quads(subdivision.quads)[0]
    rows, weights = in_triangles(subdivision.carry(points), triangles, model.name)
    return Template(name, len(places), triangles, rows, weights, keypoint_hash(rows, weights), places=places)


def keypoints85(model: FaceModel) -> SurfacePoints:
    """The model's own 85 keypoints, or its 68 landmarks with the 17 others placed by one rule on the mean face's skin."""
    if model.keypoints85 is not None:
        return model.keypoints85
    known = model.keypoints68
    extra = closest_on_skin(model, extra_places(known.on(model.mean)))
    return SurfacePoints(np.concatenate([known.vertices, extra.vertices]), np.concatenate([known.weights, extra.weights]))


def in_triangles(
    points: SurfacePoints, triangles: Int32[np.ndarray, "m 3"], name: str
) -> tuple[Int32[np.ndarray, " n"], Float64[np.ndarray, "n 3"]]:
    """Each point as the first triangle that has all vertices it weighs, and its weights there, of which the third makes the sum 1.

    Raises FaceModelError for a point that lies in no triangle of the face model `name`.
    """
    rows, weights = np.zeros(len(points.vertices), dtype=np.int32), np.zeros((len(points.vertices), 3))
    for number, (vertices, parts) in enumerate(zip(points.vertices, points.weights, strict=True)):
        used = np.unique(vertices[parts != 0])
        holding = np.flatnonzero((triangles[:, :, None] == used).any(axis=1).all(axis=1))
        if not len(holding):
            raise FaceModelError(
                f"keypoint {number} of the face model {name} lies in none of its triangles (vertices {used.tolist()}): "
                "give it three vertices of one face"
            )
        rows[number] = holding[0]
        weights[number] = ((triangles[holding[0]][:, None] == vertices) * parts).sum(axis=1)
    weights[:, 2] = 1 - weights[:, 0] - weights[:, 1]
    return rows, weights
