"""Where the face is: found by a classical detector that comes inside scikit-image, or told by the user."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import NamedTuple

import cv2
import numpy as np
from jaxtyping import UInt8
from skimage.data import lbp_frontal_face_cascade_filename
from skimage.feature import Cascade

from hiface_pl.errors import PhotoError
from hiface_pl.inference.photo import Photo

WORKING_SIDES = (200, 260, 340)
"""Longer sides, in pixels, at which a photo is searched: a face shows at all of them, a chance pattern mostly at one. Our choice."""
MOST_PLACES = 5
"""Places of a photo that are worth a closer look. Our choice."""
SAME_FACE = 0.4
"""Overlap (intersection over union) from which two windows speak of one face. Our choice."""


@dataclass(frozen=True)
class FaceBox:
    """What the 68 landmarks span, brows to chin and jaw to jaw: left top corner and size in pixels of the photo."""

    x: float
    y: float
    width: float
    height: float

    @property
    def corners(self) -> np.ndarray:
        """Left top and right bottom corner, (2, 2)."""
        return np.array([[self.x, self.y], [self.x + self.width, self.y + self.height]])


class FaceDetector(ABC):
    """Finds where a photo may show a face."""

    certain: bool = False
    """Whether a box needs no proof that it shows a face, and every box shows another one."""
    described: str = "another detector"
    """What users are told about who found the faces."""

    @abstractmethod
    def find(self, photo: Photo) -> list[FaceBox]:
        """Boxes to look at, the most prominent first, never empty. Raises PhotoError where there are none."""


class BoxGiven(FaceDetector):
    """Trusts a box that the user gives, in pixels: left, top, width, height."""

    certain = True
    described = "the given box"

    def __init__(self, x: float, y: float, width: float, height: float) -> None:
        self.box = FaceBox(x, y, width, height)

    def find(self, photo: Photo) -> list[FaceBox]:
        """The given box, if it lies in the photo."""
        height, width = photo.pixels.shape[:2]
        (left, top), (right, bottom) = self.box.corners
        if self.box.width < 8 or self.box.height < 8 or left >= width or top >= height or right <= 0 or bottom <= 0:
            raise PhotoError(
                f"the box {left:g},{top:g},{self.box.width:g},{self.box.height:g} is not a region of {photo.name}, "
                f"which is {width}x{height} pixels: give --box x,y,w,h in pixels of the photo"
            )
        return [self.box]


class SkimageCascadeDetector(FaceDetector):
    """The frontal-face cascade on local binary patterns that ships inside scikit-image: upright, nearly frontal faces, no download.

    The photo and its mirror image are searched at several sizes. The faces that many searches agree on come first, the largest at their
    head; then what fewer agree on, because the cascade misses dark and turned faces while it finds some in wood and cloth.
    """

    described = (
        "scikit-image's cascade, one face a photo; `hiface-pl assets get mediapipe` brings a detector that finds all and turned ones"
    )

    def __init__(self) -> None:
        self._cascade = Cascade(lbp_frontal_face_cascade_filename())

    def find(self, photo: Photo) -> list[FaceBox]:
        """The boxes of at most MOST_PLACES places."""
        groups: list[list[Window]] = []
        for window in self._windows(photo.pixels):
            home = next((group for group in groups if _overlap(group[0], window) > SAME_FACE), None)
            if home is None:
                groups.append([window])
            else:
                home.append(window)
        if not groups:
            raise PhotoError(f"no face was found in {photo.name}: give its place with --box x,y,w,h, in pixels from brows to chin")
        return [_landmark_box(window) for window in _by_prominence(groups)[:MOST_PLACES]]

    def _windows(self, pixels: UInt8[np.ndarray, "h w 3"]) -> list["Window"]:
        found = []
        for longest in WORKING_SIDES:
            picture, scale = _working_copy(pixels, longest)
            for mirrored in (False, True):
                found += [window.scaled(1 / scale) for window in self._search(picture, mirrored)]
        return found

    def _search(self, picture: UInt8[np.ndarray, "h w 3"], mirrored: bool) -> list["Window"]:
        view = np.ascontiguousarray(picture[:, ::-1]) if mirrored else picture
        longest, width = max(picture.shape[:2]), picture.shape[1]
        hits = self._cascade.detect_multi_scale(view, scale_factor=1.15, step_ratio=1, min_size=(24, 24), max_size=(longest, longest))
        windows = [Window(float(hit["c"]), float(hit["r"]), float(hit["width"])) for hit in hits]
        return [Window(width - window.x - window.side, window.y, window.side) for window in windows] if mirrored else windows


class Window(NamedTuple):
    """A square that the cascade takes for a face: left top corner and side."""

    x: float
    y: float
    side: float

    def scaled(self, factor: float) -> "Window":
        """The window in a picture `factor` times as large."""
        return Window(self.x * factor, self.y * factor, self.side * factor)


def _by_prominence(groups: list[list[Window]]) -> list[Window]:
    """The middle window of each group: first those that more than half as many searches agree on as on the best, then the others."""
    found = [(len(group), Window(*np.median(np.array(group), axis=0).tolist())) for group in groups]
    most = max(agreed for agreed, _ in found)
    return [window for _, window in sorted(found, key=lambda pair: (2 * pair[0] > most, pair[1].side), reverse=True)]


def _overlap(first: Window, second: Window) -> float:
    width = min(first.x + first.side, second.x + second.side) - max(first.x, second.x)
    height = min(first.y + first.side, second.y + second.side) - max(first.y, second.y)
    shared = max(width, 0.0) * max(height, 0.0)
    return shared / (first.side**2 + second.side**2 - shared)


def _working_copy(pixels: UInt8[np.ndarray, "h w 3"], longest: int) -> tuple[UInt8[np.ndarray, "h2 w2 3"], float]:
    scale = longest / max(pixels.shape[:2])
    size = (max(1, round(pixels.shape[1] * scale)), max(1, round(pixels.shape[0] * scale)))
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(pixels, size, interpolation=way), dtype=np.uint8), scale


def _landmark_box(window: Window) -> FaceBox:
    """Our choice: the shares of the cascade's window that brows, chin and jaw take on the mean of 14 people; they vary by 5 %."""
    return FaceBox(window.x + 0.08 * window.side, window.y + 0.25 * window.side, 0.84 * window.side, 0.86 * window.side)
