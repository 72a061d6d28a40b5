"""What the exported surfaces look like: the albedo texture of the skin, plain colours of everything else."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32, UInt8

from hiface_pl.face_models.face_assets import AlbedoBasis
from hiface_pl.face_models.face_model import Part

GAMMA = 2.2
"""The project's sRGB encoding, as in the renderer."""

PLAIN = {
    Part.MOUTH: (0.25, 0.06, 0.06),
    Part.LEFT_EYE: (0.75, 0.72, 0.70),
    Part.RIGHT_EYE: (0.75, 0.72, 0.70),
    Part.TEETH: (0.70, 0.66, 0.58),
}
"""Linear colours of the parts that the skin's albedo basis does not cover. Our choice."""


@dataclass(frozen=True)
class SkinTextures:
    """Albedo, sRGB, and tangent-space normals in the face model's UV layout, row 0 at v = 1."""

    albedo: UInt8[np.ndarray, "r r 3"]
    normals: UInt8[np.ndarray, "n n 3"] | None = None


def albedo_texture(basis: AlbedoBasis, weights: Float32[np.ndarray, " k"]) -> UInt8[np.ndarray, "r r 3"]:
    """A = mean + B_alb alpha, encoded for display. Paper: albedo basis."""
    linear = basis.mean + np.tensordot(weights, basis.basis[: len(weights)], axes=1)
    return np.moveaxis(np.rint(255 * np.clip(linear, 0, 1) ** (1 / GAMMA)), 0, -1).astype(np.uint8)
