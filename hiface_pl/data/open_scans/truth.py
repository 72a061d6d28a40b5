"""All that is known about one subject of an open scan set: what `truth/ID.npz` holds, written and read."""

import io
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float32, Float64, Int32

from hiface_pl.data.open_scans.layout import Kind, picture_places, truth_path
from hiface_pl.errors import EvaluationError


@dataclass(frozen=True)
class ScanFrame:
    """Where the scan stands: X_scan = rotation @ X_model / millimetres + offset, X_model in mm and X_scan in units of `millimetres`."""

    rotation: Float64[np.ndarray, "3 3"]
    offset: Float64[np.ndarray, " 3"]
    millimetres: float

    def to_scan(self, points: Float64[np.ndarray, "n 3"]) -> Float64[np.ndarray, "n 3"]:
        """Points of the model frame (mm) in the scan's frame and unit."""
        return points / self.millimetres @ self.rotation.T + self.offset

    def to_model(self, points: Float64[np.ndarray, "n 3"]) -> Float64[np.ndarray, "n 3"]:
        """Points of the scan in the model frame, mm."""
        return (points - self.offset) @ self.rotation * self.millimetres


@dataclass(frozen=True)
class TruePicture:
    """One image of the subject: X_camera = R(rotation) X_model + translation in mm, seen by `rendering.camera` with FOCAL.

    `rotation` is a rotation vector in radians, `yaw` in degrees (to the image's right positive). `expression` are the unit weights (all
    zero in neutral pictures), `expression_name` says which of `expressions.STRONG` they are, `neutral` for none: equal names mean equal
    weights, also in pictures of other subjects. `total` is D = D_sta + w_com D_com + w_str D_str as this image shows it, mm over the
    texels; in neutral pictures it is the static map.
    """

    kind: Kind
    path: Path
    yaw: float
    rotation: Float32[np.ndarray, " 3"]
    translation: Float32[np.ndarray, " 3"]
    expression: Float32[np.ndarray, " ke"]
    expression_name: str
    total: Float32[np.ndarray, " n"]


@dataclass(frozen=True)
class ScanTruth:
    """One subject of an open scan set, frames and units as in `hiface_pl.types`.

    `identity` are the coefficients of the coarse shape and `neutral` the vertices S(beta, 0) in the model frame, mm. `static`,
    `compressed` and `stretched` are the full maps D_sta, D_com and D_str (the poles as residuals over the static one) in mm over `texels`,
    the flat indices (row * map_size + column) of the face model's detail mask: they lie outside the displacement bases, so coefficients
    reach only their projection. `age` belongs to shape and colour, `detail_age` to the wrinkles, both in years; `male` is 1 or 0.
    All pictures show the same person: what belongs to it (identity and the three maps) has to come out of each of them alike, and
    otherwise out of pictures of another subject.
    """

    subject: int
    age: float
    detail_age: float
    male: float
    identity: Float32[np.ndarray, " ki"]
    neutral: Float32[np.ndarray, "v 3"]
    map_size: int
    texels: Int32[np.ndarray, " n"]
    static: Float32[np.ndarray, " n"]
    compressed: Float32[np.ndarray, " n"]
    stretched: Float32[np.ndarray, " n"]
    frame: ScanFrame
    pictures: tuple[TruePicture, ...]

    def of_kind(self, kind: Kind) -> tuple[TruePicture, ...]:
        """The frontal picture, the side views or those with an expression."""
        return tuple(picture for picture in self.pictures if picture.kind == kind)

    def as_map(self, values: Float32[np.ndarray, " n"]) -> Float32[np.ndarray, "r r"]:
        """A map over the texels as an image in UV, 0 outside."""
        full = np.zeros(self.map_size**2, np.float32)
        full[self.texels] = values
        return full.reshape(self.map_size, self.map_size)


def read_truth(folder: Path, subject: int) -> ScanTruth:
    """What is known about a subject of the set in `folder`. Raises EvaluationError where it is missing or damaged."""
    path = folder / truth_path(subject)
    if not path.exists():
        raise EvaluationError(f"there is no {path}: only sets made by `hiface-pl data open-scans` know the truth, give the folder of one")
    try:
        with np.load(path, allow_pickle=False) as archive:
            return _from_arrays({name: archive[name] for name in archive.files})
    except (ValueError, KeyError, OSError, EOFError, zipfile.BadZipFile) as error:
        raise EvaluationError(f"{path} is damaged ({error}): remove the set and make it again") from error


def pack_truth(truth: ScanTruth) -> bytes:
    """The bytes of `truth/ID.npz`, the same ones for the same truth."""
    file = io.BytesIO()
    np.savez_compressed(file, allow_pickle=False, **_to_arrays(truth))
    return file.getvalue()


_PLAIN = ("identity", "neutral", "texels", "static", "compressed", "stretched")
_NUMBERS = ("subject", "age", "detail_age", "male", "map_size")
_PICTURE = ("yaw", "rotation", "translation", "expression", "expression_name")


def _to_arrays(truth: ScanTruth) -> dict[str, np.ndarray]:
    arrays = {name: np.asarray(getattr(truth, name)) for name in (*_NUMBERS, *_PLAIN)}
    arrays |= {f"scan_{name}": np.asarray(getattr(truth.frame, name)) for name in ("rotation", "offset", "millimetres")}
    arrays |= {f"picture_{name}": np.stack([np.asarray(getattr(picture, name)) for picture in truth.pictures]) for name in _PICTURE}
    totals = [picture.total for picture in truth.of_kind("expression")]
    return arrays | {"expression_total": np.stack(totals)}


def _from_arrays(arrays: dict[str, np.ndarray]) -> ScanTruth:
    plain: dict[str, Any] = {name: arrays[name].item() for name in _NUMBERS} | {name: arrays[name] for name in _PLAIN}
    frame = ScanFrame(arrays["scan_rotation"], arrays["scan_offset"], float(arrays["scan_millimetres"]))
    return ScanTruth(**plain, frame=frame, pictures=_pictures(arrays))


def _pictures(arrays: dict[str, np.ndarray]) -> tuple[TruePicture, ...]:
    totals = iter(arrays["expression_total"])
    return tuple(
        TruePicture(
            kind=place.kind,
            path=place.path,
            yaw=float(arrays["picture_yaw"][k]),
            rotation=arrays["picture_rotation"][k],
            translation=arrays["picture_translation"][k],
            expression=arrays["picture_expression"][k],
            expression_name=str(arrays["picture_expression_name"][k]),
            total=next(totals) if place.kind == "expression" else arrays["static"],
        )
        for k, place in enumerate(picture_places(arrays["subject"].item()))
    )
