"""Freshly authored wrinkles: coefficients of their projection onto the bases, and what the bases leave out."""

import numpy as np
from jaxtyping import Float16

from hiface_pl.face_models.face_assets import FaceAssets
from hiface_pl.synthesis.authoring.displacement_bases import project, subject_rows
from hiface_pl.synthesis.authoring.subjects import WrinkleAuthor
from hiface_pl.synthesis.surface import Poles

LAYOUTS = 2**31
"""Authored subjects that samples are drawn from."""


class UnmodelledWrinkles:
    """Authors a new subject for every sample, about 150 ms each; `apart` ones are never among those that others draw."""

    def __init__(self, assets: FaceAssets, *, apart: bool = False) -> None:
        self._bases = assets.detail
        self._first = LAYOUTS if apart else 0
        self._author = WrinkleAuthor.outside(assets.model, assets.atlas)

    def draw(self, rng: np.random.Generator, age: float, male: float) -> tuple[Poles, Float16[np.ndarray, "3 n"]]:
        """Coefficients of the static, compressed and stretched map, and their residuals in mm over the texels of the mask."""
        rows = subject_rows(self._author, self._bases.texels, self._first + int(rng.integers(LAYOUTS)), age, male)
        bases = (self._bases.static, self._bases.compressed, self._bases.stretched)
        poles = [project(basis, row[None])[0] for basis, row in zip(bases, rows, strict=True)]
        modelled = [basis.mean + coefficients @ basis.basis for basis, coefficients in zip(bases, poles, strict=True)]
        return (poles[0], poles[1], poles[2]), (rows - np.stack(modelled)).astype(np.float16)
