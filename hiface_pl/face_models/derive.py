"""Everything derived from a face model, built at first use in under a minute and kept under HIFACE_HOME."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from importlib import import_module
from pathlib import Path

import numpy as np

from hiface_pl.face_models.derived_files import Arrays, read_arrays, read_or_build
from hiface_pl.face_models.face_assets import AlbedoBasis, DetailBases, DisplacementBasis, FaceAssets, FaceRegions, UvAtlas
from hiface_pl.face_models.face_model import FaceModel
from hiface_pl.paths import derived_folder

VERSION = 5
"""Raised whenever the derived content changes: old files are not read then, and stores, scans and checkpoints of other bases are refused.

A number and no digest: the last digits of the bases differ from one kind of processor to another, and what belongs to them travels.
"""

Progress = Callable[[int, int], None]
_shown: ContextVar[Progress | None] = ContextVar("shown", default=None)


@contextmanager
def building_is_told_to(progress: Progress) -> Iterator[None]:
    """Inside this block `progress` is told about whatever has to be built first, however deep the call: it takes up to half a minute."""
    token = _shown.set(progress)
    try:
        yield
    finally:
        _shown.reset(token)


def face_assets(model: FaceModel, progress: Progress | None = None) -> FaceAssets:
    """The model with atlas, regions, displacement bases and albedo basis; `progress` is told (done, of) while they are first built.

    Several processes may ask at once: one builds, the others wait. A damaged file is built again. Raises OutputError where
    HIFACE_HOME cannot be written.
    """
    return read_or_build(
        derived_path(model, "assets.npz"), lambda path: _from_arrays(model, read_arrays(path)), lambda: _build(model, progress)
    )


def derived_path(model: FaceModel, name: str) -> Path:
    """Where a file derived from this face model by this version lies."""
    return derived_folder() / f"{model.fingerprint}-v{VERSION}" / name


def _build(model: FaceModel, progress: Progress | None) -> Arrays:
    arrays: Arrays = import_module("hiface_pl.face_models.derive_build").build_assets(model, progress or _shown.get())
    return arrays


def _from_arrays(model: FaceModel, arrays: Arrays) -> FaceAssets:
    """Raises KeyError or ValueError where arrays are missing or belong to another model."""
    atlas = UvAtlas(len(arrays["atlas_triangle"]), arrays["atlas_triangle"], arrays["atlas_weights"], arrays["atlas_nearest"])
    regions = FaceRegions(*(arrays[f"region_{name}"] for name in FaceRegions.__dataclass_fields__))
    if len(regions.face) != len(model.mean):
        raise ValueError("made from another face model")
    detail = DetailBases(
        size=len(arrays["detail_mask"]),
        mask=arrays["detail_mask"],
        texels=arrays["detail_texels"],
        static=_displacement(arrays, "static"),
        compressed=_displacement(arrays, "compressed"),
        stretched=_displacement(arrays, "stretched"),
        bank_static=arrays["bank_static"],
        bank_compressed=arrays["bank_compressed"],
        bank_stretched=arrays["bank_stretched"],
        bank_age=arrays["bank_age"],
        bank_male=arrays["bank_male"],
    )
    albedo = AlbedoBasis(arrays["albedo_mean"].shape[-1], arrays["albedo_mean"], arrays["albedo_basis"].astype(np.float32))
    return FaceAssets(model, regions, atlas, detail, albedo)


def _displacement(arrays: Arrays, name: str) -> DisplacementBasis:
    return DisplacementBasis(arrays[f"{name}_mean"], arrays[f"{name}_basis"].astype(np.float32))
