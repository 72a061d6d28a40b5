"""A face model with all that is derived from it: what encoders, decoders, detail heads and the generator are bound to."""

import hashlib
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Bool, Float32, Int32

from hiface_pl.face_models.face_model import FaceModel


@dataclass(frozen=True)
class UvAtlas:
    """The skin's UV chart rasterised at `size`: per texel the skin triangle, barycentric weights, and the nearest covered texel.

    `triangle` indexes `FaceModel.triangles` (-1 outside the chart), `nearest` is the flat index of the closest covered texel.
    """

    size: int
    triangle: Int32[np.ndarray, "r r"]
    weights: Float32[np.ndarray, "r r 3"]
    nearest: Int32[np.ndarray, "r r"]

    @property
    def covered(self) -> Bool[np.ndarray, "r r"]:
        """Texels inside the skin's chart."""
        return self.triangle >= 0


@dataclass(frozen=True)
class DisplacementBasis:
    """D = mean + basis^T c over the texels of the detail mask, mm, with c in standard deviations. Paper: displacement basis."""

    mean: Float32[np.ndarray, " n"]
    basis: Float32[np.ndarray, "k n"]


@dataclass(frozen=True)
class DetailBases:
    """Detail mask and the three displacement bases of one model, in UV at `size`. `compressed` and `stretched` are residuals over `static`.

    `texels` are the flat indices (row * size + column) of the texels with `mask` > 0.02: the columns of the bases. The bank holds the
    coefficients of the authored subjects that the bases were made from, with their ages (years) and sexes (1 male), for sampling.
    """

    size: int
    mask: Float32[np.ndarray, "r r"]
    texels: Int32[np.ndarray, " n"]
    static: DisplacementBasis
    compressed: DisplacementBasis
    stretched: DisplacementBasis
    bank_static: Float32[np.ndarray, "s k"]
    bank_compressed: Float32[np.ndarray, "s kc"]
    bank_stretched: Float32[np.ndarray, "s kt"]
    bank_age: Float32[np.ndarray, " s"]
    bank_male: Float32[np.ndarray, " s"]

    @cached_property
    def digest(self) -> str:
        """Eight hex digits that change with mask, bases and bank: for what is derived from them."""
        bases = [array for basis in (self.static, self.compressed, self.stretched) for array in (basis.mean, basis.basis)]
        bank = [self.bank_static, self.bank_compressed, self.bank_stretched, self.bank_age, self.bank_male]
        found = hashlib.sha1(usedforsecurity=False)
        for array in (self.mask, *bases, *bank):
            found.update(np.ascontiguousarray(array).data)
        return found.hexdigest()[:8]


@dataclass(frozen=True)
class AlbedoBasis:
    """A = mean + B_alb alpha in UV at `size`, linear RGB, channels first; alpha in standard deviations. Paper: albedo basis."""

    size: int
    mean: Float32[np.ndarray, "3 r r"]
    basis: Float32[np.ndarray, "k 3 r r"]


@dataclass(frozen=True)
class FaceRegions:
    """Soft masks per vertex in [0, 1]. `face` is M_ver, where coarse shape is compared: front skin without neck, scalp and ears."""

    face: Float32[np.ndarray, " v"]
    nose: Float32[np.ndarray, " v"]
    mouth: Float32[np.ndarray, " v"]
    forehead: Float32[np.ndarray, " v"]
    cheek: Float32[np.ndarray, " v"]


@dataclass(frozen=True)
class FaceAssets:
    """One face model and everything derived from it."""

    model: FaceModel
    regions: FaceRegions
    atlas: UvAtlas
    detail: DetailBases
    albedo: AlbedoBasis
