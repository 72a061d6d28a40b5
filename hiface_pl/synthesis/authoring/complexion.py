"""A person's colours, and how they turn layers into linear RGB."""

from dataclasses import astuple, dataclass
from typing import no_type_check

import numpy as np
from jaxtyping import Float32, Num
from numba import njit

from hiface_pl.face_models.chart import Number, smooth_step

_HAIR = np.array([[0.012, 0.010, 0.009], [0.040, 0.024, 0.015], [0.11, 0.062, 0.032], [0.24, 0.15, 0.075], [0.17, 0.06, 0.022]])
"""Black, dark brown, brown, blond, red; linear RGB."""
_HAIR_SHARES_LIGHT, _HAIR_SHARES_DARK = (0.24, 0.36, 0.22, 0.14, 0.04), (0.93, 0.07, 0.0, 0.0, 0.0)
_GREY = np.array([0.36, 0.35, 0.34])


@dataclass(frozen=True)
class Complexion:
    """Amounts of melanin and blood, of what lies on the skin (0 none, 1 full), and the hair's linear RGB."""

    melanin: float
    blood: float
    lips: float
    brows: float
    beard: float
    hair: float
    lids: float
    freckles: float
    spots: float
    hair_red: float
    hair_green: float
    hair_blue: float

    @classmethod
    def draw(cls, rng: np.random.Generator, age: Number, male: Number) -> "Complexion":
        """Random colours for an age in years and a sex (1 male). Our choice of shares: every skin tone is common."""
        melanin = float(rng.beta(0.9, 1.3))
        hair = _HAIR[rng.choice(len(_HAIR), p=_HAIR_SHARES_LIGHT if melanin < 0.5 else _HAIR_SHARES_DARK)] * rng.uniform(0.75, 1.3)
        grey = 0.92 * float(smooth_step(age + rng.normal(0, 8), 46, 80))
        red, green, blue = (hair * (1 - grey) + grey * _GREY * rng.uniform(0.6, 1.15)).tolist()
        man = male > 0.5
        stubble = float(rng.choice([0.0, 0.08, 0.2, 0.4, 0.75], p=[0.15, 0.27, 0.28, 0.18, 0.12])) if man and age > 17 else 0.0
        bald = man and rng.random() < 0.05 + 0.18 * float(smooth_step(age, 25, 65))
        return cls(
            melanin=melanin,
            blood=float(np.clip(rng.normal(0.47, 0.12), 0.25, 0.85)),
            lips=float(rng.uniform(0.35, 0.75) + (0.0 if man else rng.uniform(0, 0.45))),
            brows=float(rng.uniform(0.6, 1.0)),
            beard=stubble,
            hair=0.0 if bald else 1.0,
            lids=float(rng.uniform(0.2, 0.6) + (0.0 if man else rng.uniform(0, 0.3))),
            freckles=float(max(rng.normal(-0.15, 0.3), 0) + 0.25 * float(smooth_step(age, 50, 80)) * rng.random()),
            spots=float(rng.uniform(0.4, 1.0)),
            hair_red=red,
            hair_green=green,
            hair_blue=blue,
        )

    def vector(self) -> Float32[np.ndarray, " p"]:
        """The fields in order, as `compose` takes them."""
        return np.array(astuple(self), dtype=np.float32)


def compose(layers: Num[np.ndarray, "*n l"], complexion: Complexion) -> Float32[np.ndarray, "*n 3"]:
    """Linear RGB of points whose layer values, 0 to 255 as stored and perhaps interpolated, are the rows of `layers`."""
    flat = np.ascontiguousarray(layers, dtype=np.float32).reshape(-1, layers.shape[-1])
    colour = np.empty((len(flat), 3), dtype=np.float32)
    compose_into(flat, complexion.vector(), colour)
    return colour.reshape(*layers.shape[:-1], 3)


@njit(cache=True, nogil=True, fastmath=True)
@no_type_check
def compose_into(layers, look, colour):  # pragma: no cover
    """As `compose`, for other compiled code: `layers` (n, l) float32, `look` a complexion's vector, `colour` (n, 3) float32 written.

    Skin is exp(-(base + melanin m + blood h)), Beer and Lambert's law with three bands. Our choice of absorptions.
    """
    red, green, blue = look[9], look[10], look[11]
    pale = np.float32(1.0) - np.float32(0.35) * min(look[0], np.float32(1.0))
    for i in range(layers.shape[0]):
        lips = layers[i, 2] * np.float32(1 / 255)
        melanin = look[0] * (np.float32(1.0) + (layers[i, 0] - np.float32(128)) * np.float32(1 / 200)) + (
            layers[i, 0] - np.float32(128)
        ) * np.float32(0.5 / 200)
        melanin += np.float32(0.06) * lips + (look[7] * layers[i, 8] * np.float32(0.7) + look[8] * layers[i, 9]) * np.float32(1 / 255)
        blood = look[1] + (layers[i, 1] - np.float32(128)) * np.float32(1 / 200) + look[2] * lips
        melanin, blood = max(melanin, np.float32(0.0)), max(blood, np.float32(0.0)) * pale
        r = np.float32(0.93) * np.exp(-(np.float32(0.12) + np.float32(0.95) * melanin + np.float32(0.07) * blood))
        g = np.float32(0.93) * np.exp(-(np.float32(0.24) + np.float32(1.42) * melanin + np.float32(0.54) * blood))
        b = np.float32(0.93) * np.exp(-(np.float32(0.42) + np.float32(1.95) * melanin + np.float32(0.48) * blood))
        sheen = np.float32(0.35) + np.float32(1.2 / 255) * layers[i, 6]
        for layer, amount, shade in (
            (4, look[4], np.float32(0.85)),
            (3, look[3], np.float32(0.9)),
            (7, look[6], np.float32(0.5)),
            (5, look[5], sheen),
        ):
            cover = min(amount * layers[i, layer] * np.float32(1 / 255), np.float32(1.0))
            r += cover * (shade * red - r)
            g += cover * (shade * green - g)
            b += cover * (shade * blue - b)
        colour[i, 0], colour[i, 1], colour[i, 2] = r, g, b
