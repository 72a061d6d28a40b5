"""Light for pictures that show shape: a soft key from the upper left, a cool fill, a rim light, sky and ground. Our choice throughout."""

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple, no_type_check

import numba
import numpy as np
from jaxtyping import Float32, Int64

from hiface_pl.rendering.shading_curve import DARKEST, EXPONENT

Triple = tuple[float, float, float]


class Lamp(NamedTuple):
    """Direction towards the light (camera frame), linear colour, and how far its light wraps around into the shade."""

    direction: Triple
    colour: Triple
    wrap: float = 0.0


@dataclass(frozen=True)
class Light:
    """Lamps over the light of sky and ground, and the gloss of the first lamp on skin, seen from +z."""

    sky: Triple
    ground: Triple
    lamps: tuple[Lamp, ...] = ()
    gloss: float = 0.0

    def on(
        self,
        normals: Float32[np.ndarray, "n 3"],
        rotation: Float32[np.ndarray, "3 3"],
        albedo: Float32[np.ndarray, "n 3"],
        vertices: Int64[np.ndarray, " k"],
    ) -> Float32[np.ndarray, "n 3"]:
        """Display RGB (0 to 255) at some of the vertices, 0 at others, from linear albedo and unit normals.

        `rotation` takes the normals to the camera frame.
        """
        shown = np.zeros_like(albedo)
        _shine(vertices, normals, rotation, albedo, *self._arrays, np.float32(self.gloss), shown)
        return shown

    @cached_property
    def _arrays(self) -> tuple[Float32[np.ndarray, "2 3"], Float32[np.ndarray, "k 7"], Float32[np.ndarray, " 3"]]:
        """Sky and ground; direction, colour and wrap of each lamp; halfway between the first one and the camera."""
        lamps = np.array([(*_unit(lamp.direction), *lamp.colour, lamp.wrap) for lamp in self.lamps], dtype=np.float32).reshape(-1, 7)
        first = _unit(self.lamps[0].direction) if self.lamps else np.zeros(3)
        return np.array([self.sky, self.ground], dtype=np.float32), lamps, _unit(first + np.array((0, 0, 1))).astype(np.float32)


SKY = (0.17, 0.19, 0.21)
STUDIO_LIGHT = Light(
    SKY,
    (0.08, 0.07, 0.065),
    (
        Lamp((-0.62, 0.62, 0.48), (1.22, 1.17, 1.10)),
        Lamp((0.75, 0.05, 0.55), (0.15, 0.18, 0.23), 0.2),
        Lamp((0.85, 0.35, -0.40), (0.30, 0.33, 0.38)),
    ),
    0.07,
)
"""Key, fill and rim."""
RAKING_LIGHT = Light(SKY, SKY, (Lamp((0.52, 0.82, 0.24), (1.9, 1.85, 1.75)),))
"""Light that grazes a face from above, where furrows of a tenth of a millimetre show. Our choice."""
FLAT_LIGHT = Light((1.0, 1.0, 1.0), (1.0, 1.0, 1.0))
"""The colours themselves, for pictures whose colours are numbers."""
SHARPNESS = 24


def _unit(vector: Triple | np.ndarray) -> np.ndarray:
    return np.asarray(vector) / np.linalg.norm(vector)


@numba.njit(nogil=True, cache=True, error_model="numpy")
@no_type_check
def _shine(vertices, normals, rotation, albedo, surroundings, lamps, halfway, gloss, shown):
    """The curve to display values is `shading_curve.encode`."""
    real = np.float32
    for v in vertices:
        x, y, z = normals[v, 0], normals[v, 1], normals[v, 2]
        nx = rotation[0, 0] * x + rotation[0, 1] * y + rotation[0, 2] * z
        ny = rotation[1, 0] * x + rotation[1, 1] * y + rotation[1, 2] * z
        nz = rotation[2, 0] * x + rotation[2, 1] * y + rotation[2, 2] * z
        height = ny * real(0.5) + real(0.5)
        shine = max(nx * halfway[0] + ny * halfway[1] + nz * halfway[2], real(0)) ** SHARPNESS if gloss > 0 else real(0)
        for c in range(3):
            light = height * surroundings[0, c] + (real(1) - height) * surroundings[1, c]
            for k in range(lamps.shape[0]):
                towards = nx * lamps[k, 0] + ny * lamps[k, 1] + nz * lamps[k, 2] + lamps[k, 6]
                light += max(towards / (real(1) + lamps[k, 6]), real(0)) * lamps[k, 3 + c]
            linear = albedo[v, c] * light + (gloss * shine * lamps[0, 3 + c] if gloss > 0 else real(0))
            linear = min(max(linear, real(0)), real(1))
            shown[v, c] = real(255) * linear * max(linear, real(DARKEST)) ** real(EXPONENT)
