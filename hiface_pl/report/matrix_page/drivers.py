"""The expressions that faces of the page are shown with: each row's own, and a few that are the same for all."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32

from hiface_pl.face_models.face_model import FaceModel, unit_base
from hiface_pl.inference.sheet import EXPRESSIONS

OWN = "as in the picture"
POSITIONS = (0.0, 0.5, 1.0, 1.5)
"""Shares of a face's own expression at which heads without tension are asked; beyond 1 the expression is exaggerated. Our choice."""


@dataclass(frozen=True)
class Preset:
    """An expression that is the same for all, in unit weights."""

    name: str
    weights: Float32[np.ndarray, " ke"]


@dataclass(frozen=True)
class Sample:
    """One expression that a head is asked about: `preset` (None for the face's own) at `share` of its strength."""

    preset: int | None
    share: float


SAMPLES = (*(Sample(None, share) for share in POSITIONS), *(Sample(number, 1.0) for number in range(len(EXPRESSIONS))))
"""What heads without tension are asked. A preset at nothing is the first of these too."""


def presets(model: FaceModel) -> list[Preset]:
    """Those of the sheets that `hiface-pl reconstruct` writes; units that the model lacks are left out."""
    known = {unit_base(unit) for unit in model.expression_names}
    chosen = {name: {unit: weight for unit, weight in units.items() if unit in known} for name, units in EXPRESSIONS.items()}
    return [Preset(name, model.expression(**units)) for name, units in chosen.items()]
