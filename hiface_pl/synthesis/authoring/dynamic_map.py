"""Dynamic detail: what is added to the static map where skin is fully compressed, and where it is fully stretched."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32

from hiface_pl.face_models.chart import smooth_step
from hiface_pl.synthesis.authoring.canvas import Canvas
from hiface_pl.synthesis.authoring.layouts import Layout, region_weights
from hiface_pl.synthesis.authoring.lines import Region, lognormal
from hiface_pl.synthesis.authoring.skin_noise import SkinNoise
from hiface_pl.synthesis.authoring.static_map import StaticDetail
from hiface_pl.synthesis.authoring.strain import FoldField

Map = Float32[np.ndarray, "r r"]

COMPRESSED_GAIN, STRETCHED_GAIN, DEAD_ZONE = 8.0, 4.0, 0.01
"""w_com = clip(8 (t - 0.01), 0, 1), w_str = clip(4 (-t - 0.01), 0, 1). Our choice of gains."""
_GAINS = {Region.BROW: 1.0, Region.EYES: 0.95, Region.CHEEKS: 0.6, Region.MOUTH: 0.5}
"""Forehead and eyes fold into many furrows; cheeks and chin rather move as a whole. Our choice."""
DEEPEST = 1.2
"""No furrow is deeper than this, mm."""


@dataclass(frozen=True)
class DynamicDetail:
    """The poles as residuals over the static map, mm, times the detail mask. Paper: D_com and D_str; residuals are our choice."""

    compressed: Map
    stretched: Map


def dynamic_detail(
    canvas: Canvas, folds: FoldField, noise: SkinNoise, layout: Layout, static: StaticDetail, rng: np.random.Generator, age: float
) -> DynamicDetail:
    """One subject's poles: furrows across the squeeze that deepen its static lines, and a stretched pole that smooths them."""
    reach = smooth_step(folds.strength, 0.12, 0.95)
    valleys = 0.33 - np.clip(0.5 + 0.5 * layout.pattern, 0, 1) ** 3
    eager = _per_region(canvas, rng)
    height = (0.24 + 0.56 * float(smooth_step(age, 16, 65))) * lognormal(rng, 0.3) * eager
    height = height * np.clip(0.8 + 0.3 * noise.modulation.draw(rng), 0.2, 1.4)
    deeper = 0.7 * np.minimum(eager, 1) * np.minimum(static.lines, 0) * np.clip(0.35 + reach, 0, 1)
    # A furrow should be fully there at the strongest action, whose tension may not reach full weight.
    authored_for = np.clip(COMPRESSED_GAIN * (folds.tension - DEAD_ZONE), 0.6, 1)
    compressed = DEEPEST * np.tanh((height * reach * valleys + deeper) / authored_for / DEEPEST) * canvas.detail
    stretched = -(0.65 * static.lines + 0.75 * static.fine + 0.4 * static.texture)
    return DynamicDetail(compressed.astype(np.float32), stretched.astype(np.float32))


def _per_region(canvas: Canvas, rng: np.random.Generator) -> Map:
    """Some people fold more at the brow, others at the eyes."""
    factors = np.array([gain * lognormal(rng, 0.25) for gain in _GAINS.values()], dtype=np.float32)
    return np.tensordot(factors, region_weights(canvas), axes=1).astype(np.float32)
