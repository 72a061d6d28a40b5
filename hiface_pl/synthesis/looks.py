"""How a person looks: colours of skin, eyes and clothes, from the bank of layer maps."""

import numpy as np
from jaxtyping import Float32

from hiface_pl.face_models.face_assets import AlbedoBasis
from hiface_pl.synthesis.authoring.albedo_layers import AlbedoLayers
from hiface_pl.synthesis.authoring.complexion import Complexion, compose
from hiface_pl.synthesis.drawing.body import Hair
from hiface_pl.synthesis.drawing.face import Look
from hiface_pl.synthesis.people import Person

IRISES = np.array([[0.055, 0.028, 0.014], [0.15, 0.085, 0.035], [0.10, 0.17, 0.24], [0.10, 0.13, 0.06], [0.14, 0.15, 0.16]], np.float32)
"""Dark brown, light brown, blue, green, grey; linear RGB."""
IRIS_SHARES_LIGHT, IRIS_SHARES_DARK = (0.3, 0.22, 0.26, 0.12, 0.1), (0.92, 0.08, 0.0, 0.0, 0.0)
LONG_HAIR = (0.12, 0.75)
"""Shares of men and of women with long hair."""
FITTED = 64
"""Texels a side of the maps that albedo coefficients are fitted to."""


class LookSampler:
    """Draws looks, and writes their skin colour as coefficients of the albedo basis."""

    def __init__(self, layers: AlbedoLayers, basis: AlbedoBasis, covered: np.ndarray) -> None:
        self._layers = layers
        step = max(1, layers.size // FITTED)
        self._small = layers.maps[:, step // 2 :: step, step // 2 :: step]
        self._texels = np.flatnonzero(
            covered[_nearest(len(covered), self._small.shape[1])][:, _nearest(len(covered), self._small.shape[1])]
        )
        rows = _nearest(basis.size, self._small.shape[1])
        mean, modes = (
            values[..., rows, :][..., rows].reshape(*values.shape[:-2], -1)[..., self._texels] for values in (basis.mean, basis.basis)
        )
        self._mean = mean.T.reshape(-1)
        design = modes.transpose(2, 1, 0).reshape(-1, len(modes))
        self._fit = np.linalg.solve(design.T @ design + 1e-3 * np.eye(len(modes)), design.T).astype(np.float32)

    def draw(self, rng: np.random.Generator, person: Person) -> tuple[Look, Hair, Float32[np.ndarray, " ka"]]:
        """A look, the hair behind the head, and the albedo coefficients nearest to the skin."""
        complexion = Complexion.draw(rng, person.age, person.male)
        subject = int(rng.integers(len(self._layers.maps)))
        iris = IRISES[rng.choice(len(IRISES), p=IRIS_SHARES_DARK if complexion.melanin > 0.45 else IRIS_SHARES_LIGHT)]
        cloth = np.square(rng.uniform(0.05, 0.9)) * np.clip(rng.normal(1, 0.25, 3), 0.3, 1.7)
        look = Look(
            layers=self._layers.maps[subject],
            complexion=complexion.vector(),
            iris=(iris * rng.uniform(0.7, 1.2)).astype(np.float32),
            cloth=np.clip(cloth, 0.01, 0.9).astype(np.float32),
            gloss=(rng.uniform(0.04, 0.2), rng.uniform(0.25, 0.8)),
            collar=(rng.uniform(28, 48), rng.uniform(0.1, 0.6)),
        )
        colour = np.array([complexion.hair_red, complexion.hair_green, complexion.hair_blue], np.float32)
        long = rng.random() < LONG_HAIR[int(person.male < 0.5)]
        volume = rng.uniform(5, 18) if long else rng.uniform(1, 9)
        length = float(rng.uniform(-35, 10) if rng.random() < 0.35 else rng.uniform(40, 110))
        hair = Hair(colour * complexion.hair, volume * complexion.hair, length if long and complexion.hair else None)
        return look, hair, self._coefficients(subject, complexion)

    def _coefficients(self, subject: int, complexion: Complexion) -> Float32[np.ndarray, " ka"]:
        """Least squares over a coarse grid of texels: the modes are smooth, so it finds what a fit to all texels finds."""
        colour = compose(self._small[subject].reshape(-1, self._small.shape[-1])[self._texels], complexion)
        return self._fit @ (colour.reshape(-1) - self._mean)


def _nearest(size: int, count: int) -> np.ndarray:
    """Indices of `count` texels spread evenly over `size`."""
    return ((np.arange(count) + 0.5) * size / count).astype(int)
