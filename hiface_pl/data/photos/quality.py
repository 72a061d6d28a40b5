"""Which faces of a photo are good enough to learn from."""

from dataclasses import dataclass
from enum import StrEnum

import cv2
import numpy as np
from jaxtyping import UInt8

from hiface_pl.data.crop import Crop
from hiface_pl.inference.photo import Photo
from hiface_pl.perception.face_landmarks import FaceLandmarks

SHARP_SIDE = 112
"""Pixels of the crop at which sharpness is measured: grain and JPEG blocks count less."""
INNER = (slice(23, 95), slice(22, 90))
"""Rows and columns of that crop which the face fills."""
SHARP = 0.04
"""Our choice: the least sharpness of a face. On 7 photos sharp faces have 0.45 to 0.71, enlarged from crops of 112 pixels 0.26 to 0.50, of
64 pixels 0.15 to 0.20; blurred by a Gaussian of 2, 3 and 4 pixels of 224 they have 0.070 to 0.101, 0.035 to 0.050 and 0.020 to 0.030."""
MOST_BEYOND = 0.25
"""Our choice: the largest share of the 468 points that may lie beyond the picture."""


class Reason(StrEnum):
    """Why a picture or a face was left out."""

    UNREADABLE = "unreadable"
    NO_FACE = "no face"
    TOO_SMALL = "too small"
    CUT_OFF = "cut off"
    BLURRED = "too blurred"


@dataclass(frozen=True)
class Limits:
    """`smallest` is the least side of a crop in pixels of the photo, `sharp` the least sharpness, `largest` keeps one face a photo."""

    smallest: float
    sharp: float = SHARP
    largest: bool = False

    def refusal(self, photo: Photo, face: FaceLandmarks, crop: Crop) -> tuple[Reason, str] | None:
        """Why a face cannot be used, as far as that is known before it is cut: reason and number; None where it can."""
        beyond = float(np.mean(((face.points < 0) | (face.points > np.array(photo.pixels.shape[1::-1]))).any(axis=1)))
        if crop.side < self.smallest:
            return Reason.TOO_SMALL, f"its crop is {crop.side:.0f} pixels wide, at least {self.smallest:.0f} are asked for"
        if beyond > MOST_BEYOND:
            return Reason.CUT_OFF, f"{100 * beyond:.0f} % of its points lie beyond the picture, at most {100 * MOST_BEYOND:.0f} may"
        return None

    def blurred(self, sharpness: float) -> tuple[Reason, str] | None:
        """The same for sharpness."""
        return None if sharpness >= self.sharp else (Reason.BLURRED, f"sharpness {sharpness:.3f}, at least {self.sharp:g} is asked for")


def sharpness(image: UInt8[np.ndarray, "s s 3"]) -> float:
    """Variance of the Laplacian over that of the grey values, in the face's middle, at 112 pixels a crop: hardly depends on light."""
    small = cv2.resize(image, (SHARP_SIDE, SHARP_SIDE), interpolation=cv2.INTER_AREA)
    grey = cv2.cvtColor(small, cv2.COLOR_RGB2GRAY)[INNER].astype(np.float32)
    return float(cv2.Laplacian(grey, cv2.CV_32F).var() / max(float(grey.var()), 1e-3))
