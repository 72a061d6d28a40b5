"""Furrow patterns: noise that oriented filters turn, round by round, into lines across the direction in which the skin is squeezed."""

import numpy as np
import scipy.fft
from jaxtyping import Float32
from scipy.ndimage import gaussian_filter

from hiface_pl.synthesis.authoring.canvas import Canvas
from hiface_pl.synthesis.authoring.noise import radius

Map = Float32[np.ndarray, "r r"]

_DIRECTIONS = 12
_ANGULAR_SPREAD = 0.22
_RADIAL_SPREAD = 0.3


class FurrowGrower:
    """Grows patterns in [-1, 1] that follow an angle field; the filters of a wavelength are made once.

    Our choice: repeated oriented band-pass filtering with local normalisation, the texture synthesis of reaction-diffusion at FFT cost.
    """

    def __init__(self, canvas: Canvas, angle: Map) -> None:
        """`angle` is that of the squeeze in texels (radians): lines run across it."""
        self._texel_mm = canvas.texel_mm
        self._covered = canvas.atlas.covered.astype(np.float32)
        self._angles = np.arange(_DIRECTIONS) * np.pi / _DIRECTIONS
        away = np.abs((angle[None] - self._angles[:, None, None] + np.pi / 2) % np.pi - np.pi / 2)
        self._blend = np.maximum(0, 1 - away / (np.pi / _DIRECTIONS)).astype(np.float32)
        self._banks: dict[float, np.ndarray] = {}

    def grow(self, seed: Map, wavelength: float, rounds: int) -> Map:
        """A pattern with lines about `wavelength` mm apart that prefers the ridges of `seed`."""
        bank = self._bank(round(wavelength, 1))
        pattern = seed
        for _ in range(rounds):
            spectrum = scipy.fft.rfft2(pattern * self._covered)
            filtered = np.zeros_like(pattern)
            for response, blend in zip(bank, self._blend, strict=True):
                filtered += blend * scipy.fft.irfft2(spectrum * response, s=pattern.shape)
            local = np.sqrt(gaussian_filter(filtered * filtered, 10, truncate=2.5)) + 1e-6
            pattern = np.tanh(1.3 * filtered / local)
        return pattern.astype(np.float32)

    def _bank(self, wavelength: float) -> np.ndarray:
        if wavelength not in self._banks:
            size = len(self._covered)
            frequency = self._texel_mm / wavelength
            ring = np.exp(-0.5 * ((radius(size) - frequency) / (_RADIAL_SPREAD * frequency)) ** 2)
            heading = np.arctan2(scipy.fft.fftfreq(size)[:, None], scipy.fft.rfftfreq(size)[None])
            away = (heading[None] - self._angles[:, None, None] + np.pi / 2) % np.pi - np.pi / 2
            self._banks[wavelength] = (ring * np.exp(-0.5 * (away / _ANGULAR_SPREAD) ** 2)).astype(np.float32)
        return self._banks[wavelength]
