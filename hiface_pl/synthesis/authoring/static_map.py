"""Static detail: what a neutral face shows at an age - lines, skin texture, soft forms, bags under the eyes and moles."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32

from hiface_pl.face_models.chart import smooth_step
from hiface_pl.synthesis.authoring.canvas import Canvas
from hiface_pl.synthesis.authoring.layouts import Layout
from hiface_pl.synthesis.authoring.lines import draw_lines, lognormal, subject_depths
from hiface_pl.synthesis.authoring.skin_noise import SkinNoise
from hiface_pl.synthesis.authoring.strain import FoldField

Map = Float32[np.ndarray, "r r"]


@dataclass(frozen=True)
class StaticDetail:
    """The parts of a static map, mm, each already times the detail mask."""

    lines: Map
    texture: Map
    fine: Map
    forms: Map
    spots: Map

    @property
    def total(self) -> Map:
        """D_sta. Paper: static displacement; its content is our choice."""
        return self.lines + self.texture + self.fine + self.forms + self.spots


def static_detail(
    canvas: Canvas, folds: FoldField, noise: SkinNoise, layout: Layout, rng: np.random.Generator, age: float, male: float
) -> StaticDetail:
    """One subject's static detail. `age` in years, `male` in [0, 1]. All draws are independent of the age."""
    mask = canvas.detail
    depths = subject_depths(rng, layout.lines, age, male, lognormal(rng, 0.35))
    inside = mask > 0
    lines = np.zeros_like(mask)
    lines[inside] = draw_lines(layout.lines, depths.depths, canvas.s[inside], canvas.y[inside], 0.9 * canvas.texel_mm)
    texture = _texture(canvas, noise, rng, age, male)
    fine = _fine(canvas, folds, noise, rng, age)
    forms = _forms(canvas, noise, rng, age)
    return StaticDetail(lines * mask, texture * mask, fine * mask, forms * mask, _spots(canvas, rng) * mask)


def _texture(canvas: Canvas, noise: SkinNoise, rng: np.random.Generator, age: float, male: float) -> Map:
    """Skin texture, coarsest on the nose. Pores (0.2 to 0.5 mm) do not fit into texels of a millimetre."""
    where = 0.5 + 1.1 * canvas.nose_region + 0.7 * canvas.cheek_region + 0.35 * canvas.forehead_region
    amount = (0.010 + 0.014 * rng.random() * (1 + 0.6 * male)) * (0.6 + 0.6 * float(smooth_step(age, 20, 60)))
    pits = np.maximum(noise.texture.draw(rng) - 0.3, -0.5)
    return (-amount * where * pits + 0.010 * noise.fine.draw(rng)).astype(np.float32)


def _fine(canvas: Canvas, folds: FoldField, noise: SkinNoise, rng: np.random.Generator, age: float) -> Map:
    """Roughness that comes with age, and crepe lines across the folds of old skin."""
    rough = 0.020 * float(smooth_step(age, 35, 80)) * noise.fine.draw(rng) * (0.4 + 0.6 * canvas.cheek_region)
    crepe = 0.055 * float(smooth_step(age, 48, 85)) * np.maximum(noise.crepe.draw(rng), 0) * np.minimum(folds.strength, 1)
    return (rough - crepe).astype(np.float32)


def _forms(canvas: Canvas, noise: SkinNoise, rng: np.random.Generator, age: float) -> Map:
    """Soft unevenness and bags under the eyes. More than this reads as cottage cheese."""
    soft = (0.025 + 0.042 * float(smooth_step(age, 30, 80))) * noise.forms.draw(rng)
    dents = (0.005 + 0.014 * float(smooth_step(age, 35, 80))) * noise.dents.draw(rng)
    bag = (0.1 + 0.7 * float(smooth_step(age, 35, 80))) * lognormal(rng, 0.4)
    k = canvas.chart.scale
    for side, low in ((-1, (40, 41)), (1, (46, 47))):
        s, y = canvas.chart.landmarks[list(low)].mean(axis=0) + np.array([side * k, -8.5 * k])
        soft = soft + bag * lognormal(rng, 0.1) * canvas.bump(float(s), float(y), 9 * k, 3.6 * k)
    return (soft + dents).astype(np.float32)


def _spots(canvas: Canvas, rng: np.random.Generator) -> Map:
    """A raised mole or two."""
    chart, spots = canvas.chart, np.zeros_like(canvas.s)
    for _ in range(rng.poisson(0.8)):
        radius = rng.uniform(1.2, 2.0)
        s, y = rng.uniform(-0.75, 0.75) * chart.ear_s, rng.uniform(chart.chin_y, chart.hairline_y)
        spots += rng.uniform(0.2, 0.45) * canvas.bump(s, y, radius, radius)
    return spots
