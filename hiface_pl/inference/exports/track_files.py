"""A face's track on disk: arrays as .npz, the numbers that a person reads as .csv, and what they mean as JSON."""

import csv
import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from hiface_pl.face_models.face_model import FaceModel
from hiface_pl.inference.video.track import FaceTrack
from hiface_pl.paths import replacing

UNITS = {
    "frame, time": "number of the frame from 0, seconds from the first frame",
    "seen": "whether the face was found in the frame; where not, its other numbers are NaN",
    "crop": "centre and side of the square that the network looked at, pixels of the frame",
    "doubt": "distance of the landmarks found in the crop and in its mirror image, crop widths",
    "landmarks": "68 points (iBUG order) of the face, pixels of the frame",
    "identity, static, albedo, compressed, stretched": "standard deviations",
    "expression": "unit weights, in the order of expression_names",
    "lighting": "nine spherical-harmonics bands for R, G and B, camera frame",
    "rotation, translation": "rotation vector in radians, millimetres; before the camera of the crop",
}


def write_track(track: FaceTrack, model: FaceModel, about: Mapping[str, object], folder: Path) -> list[Path]:
    """Writes track.npz, track.csv and track.json, whose first entries are `about`. Raises OutputError."""
    arrays, table, meaning = folder / "track.npz", folder / "track.csv", folder / "track.json"
    with replacing(arrays) as temporary, temporary.open("wb") as stream:
        np.savez_compressed(stream, allow_pickle=False, **track.arrays)
    with replacing(table) as temporary, temporary.open("w", newline="") as text:
        csv.writer(text, lineterminator="\n").writerows(_rows(track, model))
    faces = {"face_model": {"name": model.name, "fingerprint": model.fingerprint, "licence": model.licence}}
    content = dict(about) | faces | {"units": UNITS, "expression_names": list(model.expression_names)}
    with replacing(meaning) as temporary:
        temporary.write_text(json.dumps(content, indent=1) + "\n")
    return [arrays, table, meaning]


def _rows(track: FaceTrack, model: FaceModel) -> list[list[str]]:
    """A line a frame; empty cells where the face was not seen."""
    turns = [f"turn_{axis}_degrees" for axis in "xyz"]
    heads = ["frame", "seconds", "seen", "doubt", "crop_x", "crop_y", "crop_side", *turns, *model.expression_names]
    rotation = np.rad2deg(track.coefficients.pose.rotation.double().numpy())
    numbers = np.concatenate([track.crops, rotation, track.coefficients.expression.double().numpy()], axis=1)
    rows = [heads]
    for frame, (time, seen) in enumerate(zip(track.times.tolist(), track.seen.tolist(), strict=True)):
        cells = [f"{track.doubt[frame]:.4f}", *(f"{number:.4f}" for number in numbers[frame].tolist())] if seen else [""] * (len(heads) - 3)
        rows.append([str(frame), f"{time:.4f}", str(int(seen)), *cells])
    return rows
