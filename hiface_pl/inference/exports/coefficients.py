"""Coefficients on disk: arrays as .npz, the same numbers with their meaning as JSON."""

import json
from pathlib import Path

import numpy as np

from hiface_pl.data.crop import Crop
from hiface_pl.face_models.face_model import FaceModel
from hiface_pl.paths import replacing
from hiface_pl.types import Coefficients


def write_coefficients(coefficients: Coefficients, crop: Crop, model: FaceModel, folder: Path) -> list[Path]:
    """Writes the coefficients of a batch of one; lengths in mm, angles in radians. Raises OutputError."""
    arrays = _arrays(coefficients)
    packed, readable = folder / "coefficients.npz", folder / "coefficients.json"
    with replacing(packed) as temporary, temporary.open("wb") as stream:
        np.savez(stream, allow_pickle=False, **arrays)
    record = {
        "face_model": {"name": model.name, "fingerprint": model.fingerprint, "licence": model.licence},
        "units": "identity, static, albedo: standard deviations; expression: unit weights; rotation: radians; translation: millimetres",
        "crop_pixels": {"x": crop.x, "y": crop.y, "side": crop.side},
        "expression_units": {
            name: round(float(weight), 5) for name, weight in zip(model.expression_names, arrays["expression"], strict=True)
        },
        **{name: np.round(array.astype(float), 6).tolist() for name, array in arrays.items()},
    }
    with replacing(readable) as temporary:
        temporary.write_text(json.dumps(record, indent=1) + "\n")
    return [packed, readable]


def _arrays(coefficients: Coefficients) -> dict[str, np.ndarray]:
    c = coefficients
    tensors = {
        "identity": c.identity,
        "expression": c.expression,
        "static": c.static,
        "albedo": c.albedo,
        "lighting": c.lighting,
        "rotation": c.pose.rotation,
        "translation": c.pose.translation,
    }
    return {name: tensor[0].numpy() for name, tensor in tensors.items()}
