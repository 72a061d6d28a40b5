"""One synthetic face with everything that is known about it: what the generator draws and the sample store keeps."""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from jaxtyping import Bool, Float16, Float32, UInt8, UInt16

DEPTH_STEP = 0.1
"""Millimetres per unit of `SyntheticSample.depth`. Our choice: far finer than a pixel, and 16 bits reach 6.5 m."""


class Pixel(IntEnum):
    """What a pixel shows. SKIN to TEETH are `face_models.face_model.Part` plus one; COVER is clothing, glasses and other occluders."""

    BACKGROUND = 0
    SKIN = 1
    MOUTH = 2
    LEFT_EYE = 3
    RIGHT_EYE = 4
    TEETH = 5
    HAIR = 6
    COVER = 7


@dataclass(frozen=True)
class SyntheticSample:
    """Image and labels of one face. Units and frames are those of `hiface_pl.types`.

    `jpeg` is the file that the simulated camera wrote and `image` what it decodes to, so a store loses nothing. `landmarks` are the 68
    points in image widths, exact also where they are hidden (`visible` is 1 where nothing hides them). `parts` holds `Pixel` values: a
    pixel is SKIN only if all of its subsamples show bare skin. `depth` is distance along the viewing axis in DEPTH_STEP, 0 off the face.
    `age` belongs to shape and colour, `detail_age` to the wrinkles. `occlusion` is the share of the face's pixels that something covers.
    `residual` holds what the three displacement maps have beyond their bases, mm over the texels of the detail mask, for stores made with
    `detail="outside"`. Vertices, dense landmarks and displacement maps follow from the coefficients: see `synthesis.recompute`.
    """

    index: int
    jpeg: bytes
    image: UInt8[np.ndarray, "h w 3"]
    identity: Float32[np.ndarray, " ki"]
    expression: Float32[np.ndarray, " ke"]
    static: Float32[np.ndarray, " ks"]
    compressed: Float32[np.ndarray, " kc"]
    stretched: Float32[np.ndarray, " kt"]
    albedo: Float32[np.ndarray, " ka"]
    lighting: Float32[np.ndarray, "9 3"]
    rotation: Float32[np.ndarray, " 3"]
    translation: Float32[np.ndarray, " 3"]
    landmarks: Float32[np.ndarray, "68 2"]
    visible: Float32[np.ndarray, " 68"]
    parts: UInt8[np.ndarray, "h w"]
    depth: UInt16[np.ndarray, "h w"] | None
    age: float
    detail_age: float
    male: float
    occlusion: float
    residual: Float16[np.ndarray, "3 n"] | None = None

    @property
    def skin(self) -> Bool[np.ndarray, "h w"]:
        """Pixels that show bare skin and nothing else."""
        return self.parts == Pixel.SKIN
