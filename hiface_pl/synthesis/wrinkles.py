"""Static and dynamic detail coefficients of a person of some age, drawn inside the span of the authored subjects."""

import numpy as np
from jaxtyping import Float

from hiface_pl.face_models.face_assets import DetailBases
from hiface_pl.synthesis.surface import Poles

AGE_WIDTH = 7.0
"""Standard deviation in years of the window from which subjects are mixed."""
OTHER_SEX = 0.4
"""Weight of subjects of the other sex when choosing."""


class WrinkleSampler:
    """Mixes two or three authored subjects near an age. Our choice: independent coefficients would smear all lines of all subjects over
    each other; a mixture of few keeps lines crisp and lets static, compressed and stretched maps agree with each other.
    """

    def __init__(self, bases: DetailBases) -> None:
        self._ages, self._male = bases.bank_age.astype(float), bases.bank_male.astype(float)
        bank = np.hstack([bases.bank_static, bases.bank_compressed, bases.bank_stretched]).astype(float)
        self._borders = np.cumsum([bases.bank_static.shape[1], bases.bank_compressed.shape[1]])
        self._trend = np.linalg.lstsq(self._features(self._ages, self._male), bank, rcond=None)[0]
        self._rest = bank - self._features(self._ages, self._male) @ self._trend

    def draw(self, rng: np.random.Generator, age: float, male: float) -> Poles:
        """Static, compressed and stretched coefficients. Ages outside the authored range count as its ends."""
        age = float(np.clip(age, self._ages.min(), self._ages.max()))
        near = np.exp(-0.5 * ((self._ages - age) / AGE_WIDTH) ** 2) * np.where(self._male == male, 1, OTHER_SEX) + 1e-9
        chosen = rng.choice(len(near), size=min(len(near), int(rng.integers(2, 4))), replace=False, p=near / near.sum())
        weights = rng.dirichlet([0.7] * len(chosen))
        weights /= np.linalg.norm(weights)  # keeps the spread of single subjects around the trend
        mixed = (self._features(np.array([age]), np.array([male])) @ self._trend)[0] + weights @ self._rest[chosen]
        static, compressed, stretched = np.split(mixed.astype(np.float32), self._borders)
        return static, compressed, stretched

    def population(
        self, rng: np.random.Generator, ages: Float[np.ndarray, " n"], male: Float[np.ndarray, " n"]
    ) -> Float[np.ndarray, "n k"]:
        """Many people at once, distributed as `draw` has them: static, compressed and stretched coefficients side by side."""
        ages = np.clip(ages, self._ages.min(), self._ages.max())
        same = np.where(self._male == male[:, None], 1, OTHER_SEX)
        near = np.log(np.exp(-0.5 * ((self._ages - ages[:, None]) / AGE_WIDTH) ** 2) * same + 1e-9)
        chosen = np.argpartition(-near - rng.gumbel(size=near.shape), 3, axis=1)[:, :3]
        weights = rng.gamma(0.7, size=chosen.shape)
        weights[:, 2] *= rng.random(len(ages)) < 0.5
        weights /= np.linalg.norm(weights, axis=1, keepdims=True)
        return self._features(ages, male) @ self._trend + np.einsum("ns,nsk->nk", weights, self._rest[chosen])

    @staticmethod
    def _features(age: np.ndarray, male: np.ndarray) -> np.ndarray:
        a = (age - 48) / 30
        return np.stack([np.ones_like(a), a, a * a, male - 0.5], axis=1)
