"""Random heads: macros by age, sex, origin and build, plus local axes, head shapes and a little asymmetry."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64

from hiface_pl.face_models.open_model.head import HeadMesh
from hiface_pl.face_models.open_model.targets import Axis, Targets

_AGES = {"baby": 1.0, "child": 11.5, "young": 25.0, "old": 90.0}
"""Years at which MakeHuman's age targets hold; between them they are mixed linearly."""
_BUILD_STEPS = ("min", "average", "max")
_ORIGINS = ("african", "asian", "caucasian")
_MUSCLE_SD, _WEIGHT_SD = 0.18, 0.22
_SIDE_NOISE, _ASYMMETRY, _SHAPE_SHARE = 0.12, 0.10, 0.45


@dataclass(frozen=True)
class Person:
    """Who a head belongs to: years, sex (1 male), shares of the three origins, muscle and weight in [0, 1]."""

    age: float
    male: float
    origin: Float64[np.ndarray, " 3"]
    muscle: float
    weight: float

    @property
    def features(self) -> Float64[np.ndarray, " 7"]:
        """[1, a, a^2, g, e1, e2, g a] with a = age / 50: what `IdentityPrior` is written in."""
        a = self.age / 50
        return np.array([1.0, a, a * a, self.male, self.origin[0], self.origin[1], self.male * a])


def random_person(rng: np.random.Generator) -> Person:
    """Our choice: 10 % aged 8 to 18, the rest 18 to 80, mostly clear sex and origin."""
    male = rng.beta(0.6, 0.6)
    age = rng.uniform(8, 18) if rng.random() < 0.1 else rng.uniform(18, 80)
    origin = rng.dirichlet([0.35, 0.35, 0.35])
    muscle, weight = np.clip(rng.normal(0.5, [_MUSCLE_SD, _WEIGHT_SD]), 0, 1)
    return Person(float(age), float(male), origin, float(muscle), float(weight))


def sample_heads(head: HeadMesh, targets: Targets, count: int, seed: int) -> tuple[Float64[np.ndarray, "n v 3"], list[Person]]:
    """`count` heads in millimetres, not aligned, and who they belong to; head i depends on (seed, i) alone."""
    shapes, people = np.empty((count, len(head.vertices), 3)), []
    for index in range(count):
        rng = np.random.default_rng([seed, index])
        person = random_person(rng)
        shapes[index] = head.vertices + macro(targets, person) + _local(targets, rng)
        people.append(person)
    return shapes, people


def macro(targets: Targets, person: Person) -> Float64[np.ndarray, "v 3"]:
    """What age, sex, origin and build do to a head."""
    moved = np.zeros_like(next(iter(targets.macros.values())))
    builds = _build_weights(person)
    for sex, share in (("male", person.male), ("female", 1 - person.male)):
        for age, of_age in _age_weights(person.age).items():
            for build, of_build in builds.items():
                moved += share * of_age * of_build * targets.macros[f"universal-{sex}-{age}-{build}"]
            for origin, of_origin in zip(_ORIGINS, person.origin, strict=True):
                moved += share * of_age * of_origin * targets.macros[f"{origin}-{sex}-{age}"]
    return moved


def _age_weights(age: float) -> dict[str, float]:
    knots = list(_AGES.values())
    weights = {name: float(np.interp(age, knots, np.eye(len(knots))[i])) for i, name in enumerate(_AGES)}
    return {name: weight for name, weight in weights.items() if weight}


def _build_weights(person: Person) -> dict[str, float]:
    products = {
        f"{muscle}muscle-{weight}weight": of_muscle * of_weight
        for muscle, of_muscle in _tent(person.muscle).items()
        for weight, of_weight in _tent(person.weight).items()
    }
    return {name: weight for name, weight in products.items() if weight}


def _tent(value: float) -> dict[str, float]:
    weights = (max(0.0, 1 - 2 * value), 1 - abs(2 * value - 1), max(0.0, 2 * value - 1))
    return dict(zip(_BUILD_STEPS, weights, strict=True))


def _local(targets: Targets, rng: np.random.Generator) -> Float64[np.ndarray, "v 3"]:
    moved = np.zeros_like(next(iter(targets.macros.values())))
    for axis in targets.axes:
        _add_axis(moved, axis, rng)
    shares = rng.dirichlet([0.5] * len(targets.head_shapes)) * rng.uniform(0, _SHAPE_SHARE)
    for share, shape in zip(shares, targets.head_shapes, strict=True):
        moved += share * shape
    for weight, asymmetry in zip(rng.normal(0, _ASYMMETRY, len(targets.asymmetries)), targets.asymmetries, strict=True):
        if weight > 0:
            moved += weight * asymmetry
    return moved


def _add_axis(moved: Float64[np.ndarray, "v 3"], axis: Axis, rng: np.random.Generator) -> None:
    """Adds one axis; left and right share the draw but for a little noise."""
    shared = rng.normal(0, axis.sigma)
    for side, noise in zip(("", "l", "r"), rng.normal(0, _SIDE_NOISE * axis.sigma, 3), strict=True):
        weight = float(np.clip(shared + (noise if side else 0), -1, 1))
        ends = axis.positive if weight > 0 else axis.negative
        if side in ends:
            moved += abs(weight) * ends[side]
