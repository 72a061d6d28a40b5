"""Where the 468 points of the landmark network lie on a face model: computed once a model, kept under HIFACE_HOME."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Bool, Float32, Int

from hiface_pl.face_models.derive import derived_path
from hiface_pl.face_models.derived_files import Arrays, read_arrays, read_or_build
from hiface_pl.face_models.face_model import FaceModel, Part, SurfacePoints
from hiface_pl.face_models.landmark_offsets import landmark_offsets
from hiface_pl.face_models.mesh_registration import Anchors, register
from hiface_pl.meshes.closest import SurfaceTree
from hiface_pl.meshes.triangle_mesh import TriangleMesh
from hiface_pl.perception.canonical_face import canonical_face
from hiface_pl.perception.landmark_points import IBUG_68, OVAL

_FILE = "landmarks468-1.npz"
"""The number is raised whenever the same model would give other places."""
_ANCHORS = (*range(27, 49), 50, 51, 52, 54, 57, 60, 62, 64, 66)
"""Which of the 68 landmarks hold the mesh: nose, eyes, and the corners and middles of the lips.

Our choice: jaw, brows and the other lip points are defined differently by face models and by the network (brows by 4 % of the distance of
the eyes); without them the points lie closer to what the network finds on both the open model and ICT.
"""


@dataclass(frozen=True)
class LandmarkPlaces:
    """The points on the skin, how far from it the bent mesh ended (mm), and which points are the border of the mesh.

    `offsets` lead from there to where the network puts its points on average (mm, model frame; `landmark_offsets`). In a photo the
    `contour` lies where the face ends for the eye, not at the same skin: losses should leave it out or let it slide.
    """

    points: SurfacePoints
    residual: Float32[np.ndarray, " n"]
    contour: Bool[np.ndarray, " n"]
    offsets: Float32[np.ndarray, "n 3"]

    def on(self, vertices: Float32[np.ndarray, "v 3"]) -> Float32[np.ndarray, "n 3"]:
        """The points on a face with these vertices, offsets included."""
        return self.points.on(vertices) + self.offsets


def landmark_places(model: FaceModel) -> LandmarkPlaces:
    """The 468 points on the model. The first call for a model takes seconds and the asset `face-mesh`. Raises AssetError, OutputError."""
    return read_or_build(derived_path(model, _FILE), lambda path: _read(path, model), lambda: _build(model))


def _read(path: Path, model: FaceModel) -> LandmarkPlaces:
    arrays = read_arrays(path)
    return _places(model, SurfacePoints(arrays["vertices"], arrays["weights"]), arrays["residual"])


def _build(model: FaceModel) -> Arrays:
    places = found_places(model, canonical_face(), np.array(IBUG_68))
    return {"vertices": places.points.vertices, "weights": places.points.weights, "residual": places.residual}


def found_places(model: FaceModel, mesh: TriangleMesh, numbers_68: Int[np.ndarray, " 68"]) -> LandmarkPlaces:
    """The vertices of `mesh` as points of the skin, after bending it onto the mean face; `numbers_68` are those at the landmarks."""
    skin = np.ascontiguousarray(model.triangles[model.triangle_part == Part.SKIN])
    surface = TriangleMesh(model.mean.astype(np.float64), skin)
    held = list(_ANCHORS)
    anchors = Anchors(numbers_68[held].astype(np.int64), model.keypoints68.on(model.mean)[held].astype(np.float64))
    bent = register(mesh, anchors, surface)
    found = SurfaceTree(surface).closest(bent)
    residual = np.linalg.norm(found.places - bent, axis=1).astype(np.float32)
    points = SurfacePoints(skin[found.triangles], found.weights.astype(np.float32))
    return _places(model, points, residual)


def _places(model: FaceModel, points: SurfacePoints, residual: Float32[np.ndarray, " n"]) -> LandmarkPlaces:
    count = len(residual)
    return LandmarkPlaces(points, residual, np.isin(np.arange(count), OVAL), landmark_offsets(model, count))
