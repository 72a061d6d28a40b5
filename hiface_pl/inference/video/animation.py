"""A face's track as an animated glTF file: the neutral face, expression units as morph targets, and the head's movement."""

from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float32, Float64
from scipy.spatial.transform import Rotation

from hiface_pl.details.displacement import DetailedMesh
from hiface_pl.face_models.face_model import FaceModel
from hiface_pl.inference.exports.glb import METRES, GlbWriter, material
from hiface_pl.inference.exports.gltf import Gltf
from hiface_pl.inference.exports.materials import SkinTextures
from hiface_pl.inference.video.smoothing import places
from hiface_pl.inference.video.track import FaceTrack
from hiface_pl.paths import replacing

DISTANCE = 900.0
"""Millimetres from the camera to the head at its mean size: that of the camera that crops are seen by."""
_SMALLEST = 0.01
"""Millimetres: what moves a vertex less is left out of the file."""


def write_animation(mesh: DetailedMesh, textures: SkinTextures, model: FaceModel, track: FaceTrack, path: Path) -> Path:
    """Writes the frames in which the face was seen; `mesh` is the neutral face with the model's own vertices. Raises OutputError.

    Viewers move between frames, also over those in which it was not seen. Weights leave [0, 1] where the network's do. Dynamic detail is
    not in the file: glTF has no maps that follow an expression.
    """
    file = Gltf()
    primitives = []
    for surface in GlbWriter(mesh.topology).surfaces:
        made = surface.primitive(file, mesh, material(file, surface.part, textures))
        targets = [{"POSITION": file.moves(unit[surface.vertex], _SMALLEST)} for unit in model.expression_basis]
        primitives.append(made | {"targets": targets})
    names = {"targetNames": list(model.expression_names)}
    face = file.add("meshes", {"name": "face", "primitives": primitives, "weights": [0.0] * len(model.expression_names), "extras": names})
    head = file.add("nodes", {"name": "head", "mesh": face})
    root = file.add("nodes", {"name": "metres", "children": [head], "scale": [METRES] * 3})
    file.add("scenes", {"nodes": [root]})
    _animate(file, head, track)
    with replacing(path) as temporary:
        temporary.write_bytes(file.to_bytes())
    return path


def _animate(file: Gltf, head: int, track: FaceTrack) -> None:
    """Weights, rotation and translation of the head over time."""
    known, seen = track.coefficients, torch.from_numpy(track.seen)
    moving = {
        "weights": known.expression[seen].numpy().ravel(),
        "rotation": Rotation.from_rotvec(known.pose.rotation[seen].double().numpy()).as_quat().astype(np.float32),
        "translation": _moved(places(track)),
    }
    times = file.vectors(track.times[track.seen].astype(np.float32), for_vertices=False)
    samplers = [{"input": times, "output": file.vectors(values, for_vertices=False)} for values in moving.values()]
    channels = [{"sampler": number, "target": {"node": head, "path": name}} for number, name in enumerate(moving)]
    file.add("animations", {"name": "video", "samplers": samplers, "channels": channels})


def _moved(where: Float64[np.ndarray, "m 3"]) -> Float32[np.ndarray, "m 3"]:
    """Millimetres from the head's mean place, depth from its size in the picture."""
    middle = where.mean(axis=0)
    scale = np.exp(middle[2])
    across = (where[:, :2] - middle[:2]) / scale * np.array([1.0, -1.0])
    depth = DISTANCE * (1 - np.exp(middle[2] - where[:, 2]))
    return np.concatenate([across, depth[:, None]], axis=1).astype(np.float32)
