"""The noises that skin is made of, each free or mixed from a few fixed maps."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32

from hiface_pl.synthesis.authoring.canvas import Canvas
from hiface_pl.synthesis.authoring.furrows import FurrowGrower
from hiface_pl.synthesis.authoring.noise import FreeNoise, MixedNoise, NoiseSource, band_noise, low_noise

_SHORTEST_TEXELS = 2.6
"""Nothing shorter than this many texels is drawn: it would alias."""


@dataclass(frozen=True)
class SkinNoise:
    """`texture` 3.2 mm, `fine` 4.4 mm, `crepe` 4 mm across the folds, `dents` 9 mm, `forms` 22 mm, `modulation` 18 mm wavelength."""

    texture: NoiseSource
    fine: NoiseSource
    crepe: NoiseSource
    dents: NoiseSource
    forms: NoiseSource
    modulation: NoiseSource

    @classmethod
    def free(cls, canvas: Canvas, grower: FurrowGrower) -> "SkinNoise":
        """Noise with free phases."""

        def texels(wavelength: float) -> float:
            return max(wavelength / canvas.texel_mm, _SHORTEST_TEXELS)

        def crepe(rng: np.random.Generator) -> Float32[np.ndarray, "r r"]:
            white = rng.standard_normal((canvas.size, canvas.size), dtype=np.float32)
            return grower.grow(white, max(4.0, _SHORTEST_TEXELS * canvas.texel_mm), 2)

        return cls(
            texture=FreeNoise(lambda rng: band_noise(rng, canvas.size, texels(3.2))),
            fine=FreeNoise(lambda rng: band_noise(rng, canvas.size, texels(4.4))),
            crepe=FreeNoise(crepe),
            dents=FreeNoise(lambda rng: band_noise(rng, canvas.size, texels(9.0))),
            forms=FreeNoise(lambda rng: low_noise(rng, canvas.size, texels(22.0))),
            modulation=FreeNoise(lambda rng: low_noise(rng, canvas.size, texels(18.0))),
        )

    @classmethod
    def mixed(cls, free: "SkinNoise", seed: int = 40) -> "SkinNoise":
        """The same noises, each spanned by a few fixed maps. Our choice of counts: fewer where the eye cannot tell."""
        return cls(
            texture=MixedNoise(free.texture, 3, seed),
            fine=MixedNoise(free.fine, 3, seed + 1),
            crepe=MixedNoise(free.crepe, 3, seed + 2),
            dents=MixedNoise(free.dents, 6, seed + 3),
            forms=MixedNoise(free.forms, 12, seed + 4),
            modulation=MixedNoise(free.modulation, 6, seed + 5),
        )
