"""Everything derived from a face model, built at first use in under a minute and kept under HIFACE_HOME."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from hiface_pl.face_models.chart import FaceChart
from hiface_pl.face_models.derived_files import Arrays, read_arrays, read_or_build
from hiface_pl.face_models.face_assets import AlbedoBasis, DetailBases, DisplacementBasis, FaceAssets, FaceRegions, UvAtlas
from hiface_pl.face_models.face_model import FaceModel
from hiface_pl.face_models.regions import face_regions
from hiface_pl.face_models.uv_atlas import rasterise_skin
from hiface_pl.paths import derived_folder
from hiface_pl.synthesis.authoring.albedo_basis import albedo_basis
from hiface_pl.synthesis.authoring.albedo_layers import AlbedoAuthor, AlbedoLayers
from hiface_pl.synthesis.authoring.canvas import Canvas
from hiface_pl.synthesis.authoring.displacement_bases import detail_bases
from hiface_pl.synthesis.authoring.subjects import WrinkleAuthor

VERSION = 5
"""Raised whenever the derived content changes, so that old files are not read."""
DETAIL_SIZE = 256
ALBEDO_SUBJECTS = 40
"""Layer maps in the generator's bank: colours, hair and lips of a face are drawn on top, so few maps show many people."""

Progress = Callable[[int, int], None]


def face_assets(model: FaceModel, progress: Progress | None = None) -> FaceAssets:
    """The model with atlas, regions, displacement bases and albedo basis; `progress` is told (done, of) while they are first built.

    Several processes may ask at once: one builds, the others wait. A damaged file is built again. Raises OutputError where
    HIFACE_HOME cannot be written.
    """
    return read_or_build(
        _folder(model) / "assets.npz", lambda path: _from_arrays(model, read_arrays(path)), lambda: _build(model, progress)
    )


def albedo_layers(model: FaceModel) -> AlbedoLayers:
    """The bank of skin layer maps that the generator colours."""

    def build() -> Arrays:
        author = AlbedoAuthor(Canvas.of(model, FaceChart.of(model), rasterise_skin(model, DETAIL_SIZE)))
        return {"maps": np.stack([author.draw(subject) for subject in range(ALBEDO_SUBJECTS)])}

    return read_or_build(_folder(model) / "layers.npz", lambda path: AlbedoLayers(DETAIL_SIZE, read_arrays(path)["maps"]), build)


def _folder(model: FaceModel) -> Path:
    return derived_folder() / f"{model.fingerprint}-v{VERSION}"


def _build(model: FaceModel, progress: Progress | None) -> Arrays:
    atlas = rasterise_skin(model, DETAIL_SIZE)
    regions = face_regions(model, FaceChart.of(model))
    detail = detail_bases(WrinkleAuthor.inside(model, atlas), progress=progress)
    albedo = albedo_basis(albedo_layers(model).halved())
    arrays = {f"atlas_{name}": getattr(atlas, name) for name in ("triangle", "weights", "nearest")}
    arrays |= {f"region_{name}": getattr(regions, name) for name in FaceRegions.__dataclass_fields__}
    for name in ("static", "compressed", "stretched"):
        basis: DisplacementBasis = getattr(detail, name)
        arrays |= {
            f"{name}_mean": basis.mean,
            f"{name}_basis": basis.basis.astype(np.float16),
            f"bank_{name}": getattr(detail, f"bank_{name}"),
        }
    arrays |= {"detail_mask": detail.mask, "detail_texels": detail.texels, "bank_age": detail.bank_age, "bank_male": detail.bank_male}
    return arrays | {"albedo_mean": albedo.mean, "albedo_basis": albedo.basis.astype(np.float16)}


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
