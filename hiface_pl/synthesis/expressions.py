"""Sparse expressions from unit names: faces people make, single units, and a gaze. Units that a model lacks are left out."""

import numpy as np
from jaxtyping import Float32

from hiface_pl.face_models.face_model import FaceModel, unit_base

NEUTRAL_SHARE = 0.12
ACTION_SHARE = 0.75
ASYMMETRIC_SHARE = 0.2
EYE_CONTACT = 0.65
"""How often the eyes turn against the head, towards the camera."""
FULL_TURN = np.deg2rad(32.0)
"""Eye rotation at unit weight of the eyeLook units, about."""

GRIN = {"mouthSmile": (0.9, 1.6), "mouthStretch": (0, 0.8), "mouthDimple": (0, 0.6), "cheekSquint": (0.3, 1)}
TEETH = {**GRIN, "mouthUpperUp": (0.4, 1.3), "mouthLowerDown": (0.1, 1), "jawOpen": (0, 0.3)}
LAUGH = {**TEETH, "mouthLowerDown": (0.3, 1.2), "jawOpen": (0.2, 0.8), "eyeSquint": (0, 0.7)}
"""Our choice: people smile at cameras more than they do anything else, and their mouths widen by more than a third."""

ACTIONS: tuple[dict[str, tuple[float, float]], ...] = (
    {"mouthSmile": (0.3, 1), "cheekSquint": (0.2, 0.9), "eyeSquint": (0, 0.5), "mouthDimple": (0, 0.3)},
    {"mouthSmile": (0.4, 1), "cheekSquint": (0.3, 1), "jawOpen": (0.05, 0.35), "mouthUpperUp": (0, 0.4)},
    {"browInnerUp": (0.4, 1), "browOuterUp": (0.4, 1), "eyeWide": (0, 0.8)},
    {"browInnerUp": (0.3, 1), "browOuterUp": (0.3, 1), "eyeWide": (0.2, 1), "jawOpen": (0.15, 0.7)},
    {"browDown": (0.4, 1), "eyeSquint": (0.1, 0.7), "mouthPress": (0, 0.8), "noseSneer": (0, 0.5)},
    {"browInnerUp": (0.4, 1), "mouthFrown": (0.3, 1), "mouthShrugLower": (0, 0.7)},
    {"noseSneer": (0.4, 1), "mouthUpperUp": (0.1, 0.7), "browDown": (0.1, 0.7), "cheekSquint": (0, 0.6)},
    {"mouthPucker": (0.3, 1), "mouthFunnel": (0, 0.5)},
    {"eyeSquint": (0.4, 1), "cheekSquint": (0.3, 0.9), "browDown": (0, 0.6), "mouthStretch": (0, 0.5)},
    {"eyeBlink": (0.4, 1)},
    {"jawOpen": (0.05, 0.45), "mouthFunnel": (0, 0.5), "mouthLowerDown": (0, 0.5)},
    {"jawOpen": (0.3, 0.9), "mouthStretch": (0, 0.6)},
    GRIN,
    TEETH,
    LAUGH,
)
CAPS = {"mouthClose": 0.3, "jawOpen": 0.85, "eyeWide": 0.8, "noseSneer": 0.8}
"""Largest weights in use. Our choice: beyond them sculpted units leave what people can do."""
UNUSED = ("eyeLook", "PupilDilate", "tongueOut", "jawForward", "mouthClose")
MOST_UNITS = 7


class ExpressionSampler:
    """Draws expression weights for one face model."""

    def __init__(self, model: FaceModel) -> None:
        self._sides: dict[str, list[int]] = {}
        for index, name in enumerate(model.expression_names):
            self._sides.setdefault(unit_base(name), []).append(index)
        self._names = model.expression_names
        self._plain = [base for base in self._sides if not base.startswith(UNUSED)]

    def draw(self, rng: np.random.Generator, yaw: float, pitch: float) -> Float32[np.ndarray, " ke"]:
        """Weights in [0, 1]: at most seven kinds of units, and the gaze. Exactly zero for the neutral share. Angles in radians."""
        weights = np.zeros(len(self._names), dtype=np.float32)
        if rng.random() < NEUTRAL_SHARE:
            return weights
        for base, weight in self._chosen(rng).items():
            self._set(rng, weights, base, min(weight, CAPS.get(base, 1.0)))
        self._turn_eyes(rng, weights, yaw, pitch)
        return weights

    def _chosen(self, rng: np.random.Generator) -> dict[str, float]:
        chosen: dict[str, float] = {}
        if rng.random() < ACTION_SHARE:
            action = ACTIONS[rng.integers(len(ACTIONS))]
            strength = rng.uniform(0.5, 1.05)
            chosen = {base: strength * rng.uniform(low, high) for base, (low, high) in action.items() if base in self._sides}
        extra = rng.integers(0, 3) if chosen else rng.integers(1, 5)
        for base in rng.permutation(self._plain)[: min(extra, MOST_UNITS - len(chosen))]:
            chosen.setdefault(str(base), rng.uniform(0.1, 0.6) if chosen else rng.uniform(0.2, 1))
        return chosen

    def _set(self, rng: np.random.Generator, weights: np.ndarray, base: str, weight: float) -> None:
        sides = self._sides[base]
        share = np.ones(len(sides))
        if len(sides) > 1 and rng.random() < ASYMMETRIC_SHARE:
            share[rng.integers(len(sides))] = rng.uniform(0, 0.8)
        weights[sides] = np.clip(weight * share, 0, 1)

    def _turn_eyes(self, rng: np.random.Generator, weights: np.ndarray, yaw: float, pitch: float) -> None:
        left, up = rng.normal(0, 0.12), rng.normal(0, 0.08)
        if rng.random() < EYE_CONTACT:
            left, up = left - yaw / FULL_TURN, up + pitch / FULL_TURN
        else:
            left, up = left + rng.normal(0, 0.3), up + rng.normal(0, 0.15)
        left, up = float(np.clip(left, -0.9, 0.9)), float(np.clip(up, -0.6, 0.6))
        wanted = {"eyeLookUp": (up, up), "eyeLookDown": (-up, -up), "eyeLookOut": (left, -left), "eyeLookIn": (-left, left)}
        for base, (left_eye, right_eye) in wanted.items():
            for index in self._sides.get(base, ()):
                on_left = self._names[index].endswith(("Left", "_L"))
                weights[index] = max(0.0, left_eye if on_left else right_eye)
