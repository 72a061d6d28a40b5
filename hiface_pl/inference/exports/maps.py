"""Displacement maps on disk: exact as .npz in millimetres, and as 16-bit PNG with scale and offset in a JSON file."""

import json
import zipfile
from pathlib import Path

import cv2
import numpy as np
from jaxtyping import Float32, UInt16
from torch import Tensor

from hiface_pl.errors import OutputError
from hiface_pl.paths import replacing
from hiface_pl.types import DetailMaps

MIDDLE = 32768
"""The PNG value of exactly 0 mm."""
SMALLEST_RANGE = 1.0
"""Maps that stay below this many mm share one scale, so that their pictures can be compared. Our choice."""


def write_maps(detail: DetailMaps, folder: Path) -> list[Path]:
    """Writes every map of a batch of one; millimetres along the normal. Raises OutputError."""
    maps = {name: value[0, 0].numpy() for name, value in _named(detail).items()}
    arrays, about = folder / "displacement.npz", folder / "displacement.json"
    with replacing(arrays) as temporary, temporary.open("wb") as stream:
        np.savez_compressed(stream, allow_pickle=False, **maps)
    scales = {name: map_scale(values) for name, values in maps.items()}
    for name, values in maps.items():
        _write_png(encode(values, scales[name]), folder / f"displacement_{name}.png")
    with replacing(about) as temporary:
        temporary.write_text(json.dumps(_description(scales), indent=2) + "\n")
    return [arrays, *(folder / f"displacement_{name}.png" for name in maps), about]


def read_maps(path: Path) -> dict[str, Float32[np.ndarray, "r r"]]:
    """The maps of a displacement.npz, mm. Nothing in the file is executed; raises OutputError for any other file."""
    try:
        with np.load(path, allow_pickle=False) as stored:
            return {name: stored[name].astype(np.float32) for name in stored.files}
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise OutputError(f"{path} is not a file of displacement maps ({error}): write it again with `hiface-pl reconstruct`") from error


def map_scale(values: Float32[np.ndarray, "r r"]) -> float:
    """Millimetres a PNG step, so that the whole map fits."""
    return max(float(np.abs(values).max(initial=0)), SMALLEST_RANGE) / (MIDDLE - 1)


def encode(values: Float32[np.ndarray, "r r"], scale: float) -> UInt16[np.ndarray, "r r"]:
    """PNG values: 32768 is 0 mm, higher is outwards."""
    return np.clip(np.rint(values / scale) + MIDDLE, 0, 65535).astype(np.uint16)


def decode(values: UInt16[np.ndarray, "r r"], scale: float) -> Float32[np.ndarray, "r r"]:
    """Millimetres of PNG values."""
    return ((values.astype(np.float64) - MIDDLE) * scale).astype(np.float32)


def _named(detail: DetailMaps) -> dict[str, Tensor]:
    found = {
        "static": detail.static,
        "compressed": detail.compressed,
        "stretched": detail.stretched,
        "dynamic": detail.dynamic,
        "total": detail.total,
    }
    return {name: value for name, value in found.items() if value is not None}


def _description(scales: dict[str, float]) -> dict[str, object]:
    return {
        "unit": "millimetre along the surface normal",
        "formula": "millimetres = (png - 32768) * scale",
        "layout": "row 0 is v = 1; the face model's UV",
        "meaning": "total = static + dynamic; compressed and stretched are the poles that vertex tension blends into dynamic",
        "scale": scales,
        "offset": {name: -MIDDLE * scale for name, scale in scales.items()},
    }


def _write_png(values: UInt16[np.ndarray, "r r"], path: Path) -> None:
    with replacing(path) as temporary:
        if not cv2.imwrite(str(temporary), values):
            raise OutputError(f"cannot write {path}: free some space or name another place")
