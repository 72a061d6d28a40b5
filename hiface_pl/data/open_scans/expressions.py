"""The strong expressions of an open scan set, the same weights for everybody, so that people can be compared in one expression."""

import numpy as np
from jaxtyping import Float32

from hiface_pl.data.open_scans.layout import EXPRESSIONS
from hiface_pl.errors import FaceModelError
from hiface_pl.face_models.face_model import FaceModel, unit_base

STRONG: dict[str, dict[str, float]] = {
    "smile": {"mouthSmile": 1.0, "cheekSquint": 0.8, "eyeSquint": 0.5, "mouthDimple": 0.3},
    "surprise": {"browInnerUp": 1.0, "browOuterUp": 1.0, "eyeWide": 0.7, "jawOpen": 0.3},
    "anger": {"browDown": 1.0, "eyeSquint": 0.5, "noseSneer": 0.4, "mouthPress": 0.6},
    "disgust": {"noseSneer": 0.8, "mouthUpperUp": 0.6, "browDown": 0.5, "cheekSquint": 0.5},
    "sorrow": {"browInnerUp": 1.0, "mouthFrown": 0.9, "mouthShrugLower": 0.5},
    "kiss": {"mouthPucker": 1.0, "mouthFunnel": 0.3},
}
"""Weights of kinds of units, both sides alike; neighbours in this list fold different skin. Our choice."""

Expression = tuple[str, Float32[np.ndarray, " ke"]]
"""Name and unit weights."""


def strong_expressions(model: FaceModel) -> list[Expression]:
    """The expressions that the model has units for. Raises FaceModelError where they are too few."""
    bases = [unit_base(name) for name in model.expression_names]
    weights = {name: np.array([units.get(base, 0.0) for base in bases], np.float32) for name, units in STRONG.items()}
    found = [(name, vector) for name, vector in weights.items() if vector.any()]
    if len(found) < EXPRESSIONS:
        raise FaceModelError(
            f"the face model {model.name} has units for {len(found)} of the expressions {', '.join(STRONG)}, a scan set shows "
            f"{EXPRESSIONS} of each person: name another model"
        )
    return found


def of_subject(expressions: list[Expression], subject: int) -> list[Expression]:
    """The expressions that a subject shows. Each is shown by the subject before or the one after as well."""
    return [expressions[(subject - 1 + k) % len(expressions)] for k in range(EXPRESSIONS)]
