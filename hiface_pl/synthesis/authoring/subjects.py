"""Authors the displacement maps of whole subjects: the three maps of one seed belong together."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32

from hiface_pl.face_models.chart import FaceChart, Number
from hiface_pl.face_models.face_assets import UvAtlas
from hiface_pl.face_models.face_model import FaceModel
from hiface_pl.synthesis.authoring.canvas import Canvas
from hiface_pl.synthesis.authoring.dynamic_map import dynamic_detail
from hiface_pl.synthesis.authoring.furrows import FurrowGrower
from hiface_pl.synthesis.authoring.layouts import FamilyLayouts, FreeLayouts, LayoutSource
from hiface_pl.synthesis.authoring.skin_noise import SkinNoise
from hiface_pl.synthesis.authoring.static_map import static_detail
from hiface_pl.synthesis.authoring.strain import FoldField, fold_field

Map = Float32[np.ndarray, "r r"]


@dataclass(frozen=True)
class SubjectMaps:
    """One subject's displacement maps in mm, 0 outside the detail mask. `compressed` and `stretched` are residuals over `static`."""

    age: float
    male: float
    static: Map
    compressed: Map
    stretched: Map


def _free_parts(model: FaceModel, atlas: UvAtlas) -> tuple[Canvas, FoldField, SkinNoise, FreeLayouts]:
    canvas = Canvas.of(model, FaceChart.of(model), atlas)
    folds = fold_field(model, canvas)
    return canvas, folds, SkinNoise.free(canvas, FurrowGrower(canvas, folds.angle)), FreeLayouts(canvas, folds)


class WrinkleAuthor:
    """Draws subjects' maps on one face model; the same seed, age and sex give the same maps."""

    def __init__(self, canvas: Canvas, folds: FoldField, noise: SkinNoise, layouts: LayoutSource) -> None:
        """Prefer `inside` and `outside`."""
        self._canvas, self._folds, self._noise, self._layouts = canvas, folds, noise, layouts

    @classmethod
    def outside(cls, model: FaceModel, atlas: UvAtlas) -> "WrinkleAuthor":
        """Lines and noise that no other subject shares: maps from outside any small linear basis. About 150 ms a subject at 256."""
        canvas, folds, noise, layouts = _free_parts(model, atlas)
        return cls(canvas, folds, noise, layouts)

    @classmethod
    def inside(cls, model: FaceModel, atlas: UvAtlas) -> "WrinkleAuthor":
        """Lines from a few families and mixed noise: maps that a basis of some dozen modes can hold. About 20 ms a subject at 256."""
        canvas, folds, noise, layouts = _free_parts(model, atlas)
        return cls(canvas, folds, SkinNoise.mixed(noise), FamilyLayouts(layouts, canvas))

    @property
    def canvas(self) -> Canvas:
        """The canvas that the maps are drawn on."""
        return self._canvas

    def draw(self, seed: int, age: Number, male: Number) -> SubjectMaps:
        """The maps of the subject `seed` at an age in years; `male` in [0, 1]. Ageing a subject keeps its lines where they are."""
        age, male = float(age), float(male)
        rng = np.random.default_rng((7919, seed))
        layout = self._layouts.draw(rng)
        static = static_detail(self._canvas, self._folds, self._noise, layout, rng, age, male)
        dynamic = dynamic_detail(self._canvas, self._folds, self._noise, layout, static, rng, age)
        return SubjectMaps(age, male, static.total.astype(np.float32), dynamic.compressed, dynamic.stretched)
