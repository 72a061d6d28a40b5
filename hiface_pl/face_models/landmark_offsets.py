"""How far the landmark network's points lie from their places on the open face model: measured once on renderings, shipped as a file."""

import json
from functools import cache
from importlib.resources import files
from pathlib import Path

import numpy as np
from jaxtyping import Float32, Float64

from hiface_pl.face_models.face_model import FaceModel
from hiface_pl.paths import replacing

_FILE = "landmark_offsets.json"
_DECIMALS = 2


def landmark_offsets(model: FaceModel, count: int) -> Float32[np.ndarray, "n 3"]:
    """Offsets of `count` points in mm in the model frame, zero for models other than the one they were measured on, at any subdivision.

    Our choice: part of an offset is where this model's registration errs, so no other model gets them.
    """
    name, offsets = _stored()
    return offsets if name == model.name and len(offsets) == count else np.zeros((count, 3), dtype=np.float32)


def write_offsets(offsets: Float64[np.ndarray, "n 3"], model: FaceModel, provenance: str, path: Path) -> None:
    """Writes what `landmark_offsets` reads. Raises OutputError."""
    rows = ",\n".join(json.dumps(row) for row in np.round(offsets, _DECIMALS).tolist())
    head = f'"face_model": {json.dumps(model.name)},\n"provenance": {json.dumps(provenance)},\n"unit": "millimetre, model frame"'
    with replacing(path) as temporary:
        temporary.write_text(f'{{\n{head},\n"offsets": [\n{rows}\n]\n}}\n')


@cache
def _stored() -> tuple[str, Float32[np.ndarray, "n 3"]]:
    content = json.loads((files("hiface_pl.face_models") / "data" / _FILE).read_text())
    return str(content["face_model"]), np.array(content["offsets"], dtype=np.float32)
