"""Who is shown: age, sex and identity. Ages in years."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32

from hiface_pl.face_models.face_model import FaceModel, IdentityPrior

RESIDUAL = 0.85
"""Share of the conditional spread that is drawn. Our choice: at 1 every twentieth head looks odd."""
PLAIN_SPREAD = 0.8
"""Standard deviation of identity coefficients of models without a prior. Our choice, for the same reason."""
YOUNG_SHARE = 0.08
DETAIL_AGE_SPREAD = 8.0
INDEPENDENT_SHARE = 0.15
"""How often the age of the wrinkles has nothing to do with the shape's. Our choice: age can be read from the shape almost perfectly, so
only where the two differ does an age label teach anything about wrinkles."""


@dataclass(frozen=True)
class Person:
    """Age of shape and colour, age of the wrinkles, sex (1 male) and identity coefficients."""

    age: float
    detail_age: float
    male: float
    identity: Float32[np.ndarray, " ki"]


def draw_person(rng: np.random.Generator, model: FaceModel) -> Person:
    """A random person of the face model."""
    age = float(rng.uniform(10, 18) if rng.random() < YOUNG_SHARE else rng.uniform(18, 80))
    male = float(rng.random() < 0.5)
    detail_age = rng.uniform(18, 80) if rng.random() < INDEPENDENT_SHARE else age + rng.normal(0, DETAIL_AGE_SPREAD)
    noise = rng.normal(size=len(model.identity_basis))
    if model.prior is None:
        identity = PLAIN_SPREAD * noise
    else:
        identity = conditional_mean(model.prior, age, abs(male - abs(rng.normal(0, 0.12))), rng.dirichlet([0.35] * 3))
        identity = identity + RESIDUAL * model.prior.residual @ noise
    return Person(age, float(np.clip(detail_age, 10, 85)), male, identity.astype(np.float32))


def conditional_mean(prior: IdentityPrior, age: float, male: float, origin: np.ndarray) -> np.ndarray:
    """Mean identity coefficients at an age, sex in [0, 1] and three origin shares."""
    a = age / 50
    return prior.mean_weights @ np.array([1, a, a * a, male, origin[0], origin[1], male * a])
