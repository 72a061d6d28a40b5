"""Makes what is derived from a face model: half a minute of work that most programs find done, so they never import this."""

import numpy as np

from hiface_pl.face_models.chart import FaceChart
from hiface_pl.face_models.derive import Progress, derived_path
from hiface_pl.face_models.derived_files import Arrays, read_arrays, read_or_build
from hiface_pl.face_models.face_assets import DisplacementBasis, FaceRegions
from hiface_pl.face_models.face_model import FaceModel
from hiface_pl.face_models.regions import face_regions
from hiface_pl.face_models.uv_atlas import rasterise_skin
from hiface_pl.synthesis.authoring.albedo_basis import albedo_basis
from hiface_pl.synthesis.authoring.albedo_layers import AlbedoAuthor, AlbedoLayers
from hiface_pl.synthesis.authoring.canvas import Canvas
from hiface_pl.synthesis.authoring.displacement_bases import detail_bases
from hiface_pl.synthesis.authoring.subjects import WrinkleAuthor

DETAIL_SIZE = 256
ALBEDO_SUBJECTS = 40
"""Layer maps in the generator's bank: colours, hair and lips of a face are drawn on top, so few maps show many people."""


def albedo_layers(model: FaceModel) -> AlbedoLayers:
    """The bank of skin layer maps that the generator colours."""

    def build() -> Arrays:
        author = AlbedoAuthor(Canvas.of(model, FaceChart.of(model), rasterise_skin(model, DETAIL_SIZE)))
        return {"maps": np.stack([author.draw(subject) for subject in range(ALBEDO_SUBJECTS)])}

    return read_or_build(derived_path(model, "layers.npz"), lambda path: AlbedoLayers(DETAIL_SIZE, read_arrays(path)["maps"]), build)


def build_assets(model: FaceModel, progress: Progress | None) -> Arrays:
    """The arrays that `derive.face_assets` reads; `progress` is told (done, of) while the displacement bases are made."""
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
