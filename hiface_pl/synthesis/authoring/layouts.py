"""Where a subject's lines run: drawn freely, or picked from a few families per region so that a linear basis can hold the maps."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32

from hiface_pl.face_models.chart import FaceChart, smooth_step
from hiface_pl.synthesis.authoring.canvas import Canvas
from hiface_pl.synthesis.authoring.furrows import FurrowGrower
from hiface_pl.synthesis.authoring.lines import Line, Region, draw_lines
from hiface_pl.synthesis.authoring.lower_lines import cheek_lines, mouth_lines
from hiface_pl.synthesis.authoring.strain import FoldField
from hiface_pl.synthesis.authoring.upper_lines import brow_lines, eye_lines

Map = Float32[np.ndarray, "r r"]

FAMILIES = 10
"""Line plans per region. Our choice: 10^4 faces differ, yet 64 modes hold most of any of them."""
_PLANS: dict[Region, Callable[[FaceChart, np.random.Generator], list[Line]]] = {
    Region.BROW: brow_lines,
    Region.EYES: eye_lines,
    Region.CHEEKS: cheek_lines,
    Region.MOUTH: mouth_lines,
}
_ROUNDS = 4


@dataclass(frozen=True)
class Layout:
    """One subject's lines, a plan a region, and the furrow pattern, in [-1, 1] with 1 at valleys, that its skin folds into."""

    plans: tuple[tuple[Line, ...], ...]
    pattern: Map

    @property
    def lines(self) -> tuple[Line, ...]:
        """The lines of all regions."""
        return tuple(line for plan in self.plans for line in plan)


class LayoutSource(ABC):
    """Gives subjects their layouts."""

    @abstractmethod
    def draw(self, rng: np.random.Generator) -> Layout:
        """The layout that `rng` picks."""


class FreeLayouts(LayoutSource):
    """Every subject has lines of its own: what a basis has never seen."""

    def __init__(self, canvas: Canvas, folds: FoldField) -> None:
        """Prepares the filters for the fold directions of one model."""
        self._canvas = canvas
        self._grower = FurrowGrower(canvas, folds.angle)

    def draw(self, rng: np.random.Generator) -> Layout:
        """New lines in every region and a furrow pattern that follows them."""
        plans = tuple(tuple(_PLANS[region](self._canvas.chart, rng)) for region in Region)
        return Layout(plans, self._pattern([line for plan in plans for line in plan], rng))

    def _pattern(self, lines: list[Line], rng: np.random.Generator) -> Map:
        """Coarse furrows everywhere, finer ones beside the eyes; seeded by the lines, so that furrows deepen where lines already are."""
        canvas = self._canvas
        depths = np.array([line.ageing.depth(75, 0.5) for line in lines], dtype=np.float32)
        drawn = draw_lines(lines, depths, canvas.s.ravel(), canvas.y.ravel(), canvas.texel_mm).reshape(canvas.s.shape)
        seed = -6 * drawn / (0.05 + np.abs(drawn * canvas.detail).max())
        white = rng.standard_normal(seed.shape, dtype=np.float32)
        coarse = self._grower.grow(white + seed, rng.uniform(6.5, 8.5) // 0.5 * 0.5, _ROUNDS)
        fine = self._grower.grow(white[::-1] + 0.3 * seed, 4.5, _ROUNDS - 1)
        beside = np.exp(-np.maximum(canvas.eye - 3, 0) / 9) * smooth_step(
            np.abs(canvas.s), canvas.chart.eye_outer_s - 9, canvas.chart.eye_outer_s - 3
        )
        return (coarse * (1 - beside) + 0.85 * fine * beside).astype(np.float32)


class FamilyLayouts(LayoutSource):
    """A subject picks one of a few families of lines for each region; families are the same for every subject and seed."""

    def __init__(self, free: FreeLayouts, canvas: Canvas, families: int = FAMILIES, seed: int = 20) -> None:
        """Draws the families; `seed` names the set."""
        self._families = [free.draw(np.random.default_rng((seed, number))) for number in range(families)]
        self._weights = region_weights(canvas)

    def draw(self, rng: np.random.Generator) -> Layout:
        """One family a region, their patterns blended where regions meet."""
        picks = rng.integers(0, len(self._families), len(Region))
        plans = tuple(self._families[pick].plans[region] for region, pick in zip(Region, picks, strict=True))
        pattern = sum(self._weights[region] * self._families[pick].pattern for region, pick in zip(Region, picks, strict=True))
        return Layout(plans, np.asarray(pattern, dtype=np.float32))


def region_weights(canvas: Canvas) -> Float32[np.ndarray, "4 r r"]:
    """How much each region's plan counts per texel; sums to 1."""
    chart, k = canvas.chart, canvas.chart.scale
    brow = smooth_step(canvas.y, chart.brow_y - 5 * k, chart.brow_y + 4 * k)
    eyes = (1 - brow) * smooth_step(canvas.y, chart.eye_y - 24 * k, chart.eye_y - 15 * k)
    near = 1 - smooth_step(np.abs(canvas.s), chart.mouth_half - 2 * k, chart.mouth_half + 7 * k)
    mouth = (1 - brow - eyes) * near * (1 - smooth_step(canvas.y, chart.nose_base_y - 4 * k, chart.nose_base_y + 3 * k))
    return np.stack([brow, eyes, 1 - brow - eyes - mouth, mouth]).astype(np.float32)
