"""Light on the face: an ambient part and one to three coloured distant lights, as spherical harmonics and as highlights."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float32

from hiface_pl.rendering.lighting import BAND_0, COSINE_LOBE, bands

MOST_LIGHTS = 3


@dataclass(frozen=True)
class Light:
    """`harmonics` is the label (camera frame, with the clamped cosine); `directions` and `colours` draw highlights, unused rows are 0."""

    harmonics: Float32[np.ndarray, "9 3"]
    directions: Float32[np.ndarray, "3 3"]
    colours: Float32[np.ndarray, "3 3"]

    def exposed(self, factors: Float[np.ndarray, " 3"]) -> "Light":
        """The same light through a camera's exposure and white balance, one factor a channel."""
        by_channel = factors.astype(np.float32)
        return Light(self.harmonics * by_channel, self.directions, self.colours * by_channel)


def draw_light(rng: np.random.Generator) -> Light:
    """A random light of about unit strength from the front, a side, above or behind, over an ambient that is not the same all around."""
    warmth = rng.normal(0, 0.07)
    ambient = rng.uniform(0.2, 0.55) * _tint(rng, warmth - 0.03, 0.04)
    harmonics = np.zeros((9, 3))
    harmonics[0] = ambient / BAND_0
    harmonics += 0.35 * ambient * _lobe(_towards(rng.uniform(-2, 2), rng.uniform(0.3, 1.4)))[:, None]  # sky or ceiling
    directions, colours = np.zeros((MOST_LIGHTS, 3)), np.zeros((MOST_LIGHTS, 3))
    azimuth, elevation = _key_angles(rng)
    fill = -np.sign(azimuth) * rng.uniform(0.3, 1.4)
    angles = ((azimuth, elevation), (fill, rng.uniform(-0.2, 0.7)), (np.sign(fill) * rng.uniform(1.7, 2.4), rng.uniform(0, 0.6)))
    strengths = (rng.uniform(0.5, 1.3), rng.uniform(0.05, 0.45) * (rng.random() < 0.7), rng.uniform(0.2, 0.8) * (rng.random() < 0.25))
    for row, (angle, strength) in enumerate(zip(angles, strengths, strict=True)):
        directions[row] = _towards(*angle)
        colours[row] = strength * _tint(rng, warmth if row == 0 else -warmth + rng.normal(0, 0.06), 0.04)
        harmonics += _lobe(directions[row])[:, None] * colours[row]
    return Light(*(array.astype(np.float32) for array in (harmonics, directions, colours)))


def harmonics_of(normals: Float[np.ndarray, "n 3"]) -> Float[np.ndarray, "n 9"]:
    """The nine bands, as the last axis."""
    return np.stack(bands(*normals.T), axis=1)


def _lobe(direction: np.ndarray) -> np.ndarray:
    return np.array(COSINE_LOBE)[[0, 1, 1, 1, 2, 2, 2, 2, 2]] * harmonics_of(direction[None])[0]


def _key_angles(rng: np.random.Generator) -> tuple[float, float]:
    kind = rng.random()
    if kind < 0.1:  # from above
        return rng.normal(0, 0.4), rng.uniform(0.9, 1.3)
    if kind < 0.22:  # from the side
        return float(rng.choice([-1, 1])) * rng.uniform(0.9, 1.5), rng.uniform(-0.1, 0.5)
    return float(np.clip(rng.normal(0, 0.6), -1.2, 1.2)), rng.uniform(-0.1, 0.9)


def _towards(azimuth: float, elevation: float) -> np.ndarray:
    return np.array([np.sin(azimuth) * np.cos(elevation), np.sin(elevation), np.cos(azimuth) * np.cos(elevation)])


def _tint(rng: np.random.Generator, warmth: float, spread: float) -> np.ndarray:
    tint = np.array([1 + warmth, 1.0, 1 - 1.3 * warmth]) + rng.normal(0, spread, 3)
    return np.clip(tint, 0.5, 1.6)
