"""The face model file: a zip of .npy members and model.json, without pickle, the same bytes for the same model."""

import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float32, Int32, UInt8

from hiface_pl.errors import FaceModelError
from hiface_pl.face_models.face_model import FaceModel, IdentityPrior, SurfacePoints
from hiface_pl.paths import replacing

FORMAT = 1
STEP = 0.001
"""Bases are stored in whole steps of this many mm (more where 16 bits would not reach)."""
_UV_STEPS = 65535


def save_face_model(model: FaceModel, path: Path) -> None:
    """Writes a face model. Bases are rounded to 0.001 mm, UV to 1/65535, which `quantised` does beforehand if equality matters."""
    arrays = _members(model)
    meta = {
        "format": FORMAT,
        "units": "millimetre",
        "frame": "y up, z out of the face, x to the subject's left",
        "name": model.name,
        "licence": model.licence,
        "provenance": model.provenance,
        "expression_names": list(model.expression_names),
        "level": model.level,
        "steps": {"identity_basis": _step(model.identity_basis), "expression_basis": _step(model.expression_basis)},
    }
    with replacing(path) as temporary, zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        archive.writestr(_deflated("model.json"), json.dumps(meta, indent=1))
        for name, array in arrays.items():
            with archive.open(_deflated(f"{name}.npy"), "w") as member:
                np.lib.format.write_array(member, array, allow_pickle=False)


def load_face_model(path: Path) -> FaceModel:
    """Reads what `save_face_model` wrote. Raises FaceModelError for anything else; nothing in the file is ever executed."""
    try:
        with zipfile.ZipFile(path) as archive:
            meta = json.loads(archive.read("model.json"))
            arrays = {name.removesuffix(".npy"): _read_array(archive, name) for name in archive.namelist() if name.endswith(".npy")}
        if meta["format"] != FORMAT:
            raise FaceModelError(f"{path} has face model format {meta['format']}, this version reads {FORMAT}: build the model again")
        return _from_members(meta, arrays)
    except FileNotFoundError as error:
        raise FaceModelError(
            f"there is no face model file {path}: check the name, or build one with `hiface-pl face-model build`"
        ) from error
    except (OSError, zipfile.BadZipFile, KeyError, ValueError, TypeError, EOFError) as error:
        raise FaceModelError(f"{path} is not a readable face model file ({error}): build or fetch it again") from error


def quantised(model: FaceModel) -> FaceModel:
    """The model as it comes back from a file."""
    members = _members(model)
    steps = {"identity_basis": _step(model.identity_basis), "expression_basis": _step(model.expression_basis)}
    names = {"name": model.name, "licence": model.licence, "provenance": model.provenance}
    return _from_members({**names, "expression_names": model.expression_names, "level": model.level, "steps": steps}, members)


def _deflated(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.compress_type = zipfile.ZIP_DEFLATED
    return info


def _read_array(archive: zipfile.ZipFile, name: str) -> np.ndarray:
    with archive.open(name) as member:
        return np.asarray(np.lib.format.read_array(member, allow_pickle=False))


def _step(basis: Float32[np.ndarray, "k v 3"]) -> float:
    return max(STEP, float(np.abs(basis).max(initial=0)) / np.iinfo(np.int16).max)


def _packed(basis: Float32[np.ndarray, "k v 3"]) -> UInt8[np.ndarray, "2 k 3 v"]:
    """Low and high bytes apart, each axis by itself: half the size of interleaved numbers once compressed."""
    steps = np.rint(basis.transpose(0, 2, 1) / _step(basis)).astype("<i2")
    return np.ascontiguousarray(np.moveaxis(np.ascontiguousarray(steps)[..., None].view(np.uint8), -1, 0))


def _unpacked(planes: np.ndarray, step: float) -> Float32[np.ndarray, "k v 3"]:
    steps = np.ascontiguousarray(np.moveaxis(planes, 0, -1)).view("<i2")[..., 0]
    return np.ascontiguousarray(steps.transpose(0, 2, 1), dtype=np.float32) * np.float32(step)


def _members(model: FaceModel) -> dict[str, np.ndarray]:
    index = np.uint16 if max(len(model.mean), len(model.uv)) < 65535 else np.uint32
    none = np.iinfo(index).max
    arrays: dict[str, np.ndarray] = {
        "mean": model.mean,
        "identity_basis": _packed(model.identity_basis),
        "expression_basis": _packed(model.expression_basis),
        "quads": np.where(model.quads < 0, none, model.quads).astype(index),
        "uv": np.rint(np.clip(model.uv, 0, 1) * _UV_STEPS).astype(np.uint16),
        "uv_quads": np.where(model.uv_quads < 0, none, model.uv_quads).astype(index),
        "part": model.part,
        "keypoints68_vertices": model.keypoints68.vertices,
        "keypoints68_weights": model.keypoints68.weights,
    }
    if model.keypoints85 is not None:
        arrays |= {"keypoints85_vertices": model.keypoints85.vertices, "keypoints85_weights": model.keypoints85.weights}
    if model.prior is not None:
        arrays |= {"prior_mean_weights": model.prior.mean_weights, "prior_residual": model.prior.residual.astype(np.float16)}
    return arrays


def _from_members(meta: dict[str, Any], arrays: dict[str, np.ndarray]) -> FaceModel:
    keypoints68 = _points(arrays, "keypoints68")
    if keypoints68 is None:
        raise KeyError("keypoints68_vertices")
    return FaceModel(
        name=meta["name"],
        licence=meta["licence"],
        provenance=meta["provenance"],
        mean=arrays["mean"].astype(np.float32),
        identity_basis=_basis(meta, arrays, "identity_basis"),
        expression_basis=_basis(meta, arrays, "expression_basis"),
        expression_names=tuple(meta["expression_names"]),
        quads=_corners(arrays["quads"]),
        uv=arrays["uv"].astype(np.float32) / (_UV_STEPS if arrays["uv"].dtype == np.uint16 else 1),
        uv_quads=_corners(arrays["uv_quads"]),
        part=arrays["part"],
        keypoints68=keypoints68,
        keypoints85=_points(arrays, "keypoints85"),
        prior=_prior(arrays),
        level=meta["level"],
    )


def _basis(meta: dict[str, Any], arrays: dict[str, np.ndarray], name: str) -> Float32[np.ndarray, "k v 3"]:
    """Packed steps, or floating-point numbers as other tools may write them."""
    array = arrays[name]
    return _unpacked(array, meta["steps"][name]) if array.dtype == np.uint8 else array.astype(np.float32)


def _corners(array: np.ndarray) -> Int32[np.ndarray, "f 4"]:
    corners = array.astype(np.int64)
    return np.where(corners == np.iinfo(array.dtype).max, -1, corners).astype(np.int32)


def _points(arrays: dict[str, np.ndarray], name: str) -> SurfacePoints | None:
    if f"{name}_vertices" not in arrays:
        return None
    return SurfacePoints(arrays[f"{name}_vertices"].astype(np.int32), arrays[f"{name}_weights"].astype(np.float32))


def _prior(arrays: dict[str, np.ndarray]) -> IdentityPrior | None:
    if "prior_mean_weights" not in arrays:
        return None
    return IdentityPrior(arrays["prior_mean_weights"].astype(np.float32), arrays["prior_residual"].astype(np.float32))
