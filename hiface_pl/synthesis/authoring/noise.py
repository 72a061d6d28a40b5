"""Gaussian noise of a chosen wavelength over the UV square."""

from abc import ABC, abstractmethod
from collections.abc import Callable

import numpy as np
import scipy.fft
from jaxtyping import Float32

Map = Float32[np.ndarray, "r r"]


def band_noise(rng: np.random.Generator, size: int, wavelength: float, bandwidth: float = 0.35) -> Map:
    """Noise of unit SD around one wavelength (texels); `bandwidth` is the relative SD of the frequency."""
    frequency = 1.0 / wavelength
    return _shaped(rng, size, np.exp(-0.5 * ((radius(size) - frequency) / (bandwidth * frequency)) ** 2))


def low_noise(rng: np.random.Generator, size: int, wavelength: float) -> Map:
    """Smooth noise of unit SD with nothing much below `wavelength` (texels)."""
    return _shaped(rng, size, np.exp(-0.5 * (radius(size) * wavelength) ** 2))


def radius(size: int) -> Float32[np.ndarray, "r f"]:
    """Frequency in cycles per texel of each entry of a half spectrum."""
    return np.hypot(scipy.fft.fftfreq(size)[:, None], scipy.fft.rfftfreq(size)[None]).astype(np.float32)


def _shaped(rng: np.random.Generator, size: int, response: np.ndarray) -> Map:
    white = rng.standard_normal((size, size), dtype=np.float32)
    field = scipy.fft.irfft2(scipy.fft.rfft2(white) * response.astype(np.float32), s=(size, size))
    return (field / max(float(field.std()), 1e-9)).astype(np.float32)


class NoiseSource(ABC):
    """Noise of one kind: a new unit-variance map for each subject."""

    @abstractmethod
    def draw(self, rng: np.random.Generator) -> Map:
        """The map that `rng` picks."""


class FreeNoise(NoiseSource):
    """Noise with free phases: as many dimensions as texels."""

    def __init__(self, maker: Callable[[np.random.Generator], Map]) -> None:
        """`maker` draws one map."""
        self._maker = maker

    def draw(self, rng: np.random.Generator) -> Map:
        """A new map."""
        return self._maker(rng)


class MixedNoise(NoiseSource):
    """A few fixed maps that each subject mixes with its own weights.

    Our choice: mixes look like free noise one face at a time, but span few dimensions, which a linear basis can hold.
    """

    def __init__(self, source: NoiseSource, count: int, seed: int) -> None:
        """Draws `count` maps and scales them so that mixes have unit variance at every texel."""
        maps = np.stack([source.draw(np.random.default_rng((seed, number))) for number in range(count)])
        self._maps = maps / np.maximum(np.sqrt((maps**2).mean(axis=0)), 0.3)

    def draw(self, rng: np.random.Generator) -> Map:
        """One random mix."""
        weights = rng.standard_normal(len(self._maps)).astype(np.float32) / np.sqrt(np.float32(len(self._maps)))
        return np.tensordot(weights, self._maps, axes=1).astype(np.float32)
