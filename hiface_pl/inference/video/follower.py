"""Keeps faces apart from frame to frame: each is looked for where it was, and the whole frame is searched now and then."""

from dataclasses import dataclass

from hiface_pl.data.crop import Crop
from hiface_pl.errors import PhotoError
from hiface_pl.inference.aligner import MOST_DOUBT, SMALLEST_FACE, Aligned, align, same_place
from hiface_pl.inference.detector import FaceBox, FaceDetector
from hiface_pl.inference.photo import Photo
from hiface_pl.reconstructor import Reconstructor

SEARCH_EVERY = 10
"""Frames after which the whole frame is searched although every face was found again. Our choice."""
ROUNDS = 2
"""How often a crop is placed anew that starts where the face was one frame earlier. Our choice."""
UNSEEN_BY_SEARCHES = 3
"""Searches in a row that do not find a followed face, after which it is no face. Our choice."""
REMEMBERED = 2.0
"""Seconds for which a lost face is the same person when it comes back to its place. Our choice."""
SAME_FACE = 0.3
"""Overlap (intersection over union) of crops from which a face that comes back is the one that was lost. Our choice."""


@dataclass
class _Known:
    """A face that was seen: where and when last, and how many searches in a row did not find it."""

    number: int
    crop: Crop
    time: float
    missed: int = 0


class FaceFollower:
    """Numbers the faces of one video from 1 in the order in which they appear.

    A face is followed as long as the network sees the same points in the crop and its mirror image; if it does not, and every SEARCH_EVERY
    frames, the detector searches the frame. Where the detector names one place (scikit-image's cascade, a given box), one face is followed.
    """

    def __init__(self, detector: FaceDetector, reconstructor: Reconstructor, single: bool) -> None:
        """`single` follows one face only."""
        self.detector, self.reconstructor, self.single = detector, reconstructor, single
        self._known: dict[int, _Known] = {}
        self._following: list[int] = []
        self._searched = -SEARCH_EVERY

    def look(self, photo: Photo, number: int, time: float) -> dict[int, Aligned]:
        """The faces of frame `number` by their own numbers."""
        found = self._followed(photo)
        lost = len(found) < len(self._following)
        if not found or (not self.single and (lost or number - self._searched >= SEARCH_EVERY)):
            self._search(photo, number, time, found)
        for face, aligned in found.items():
            self._known[face].crop, self._known[face].time = aligned.crop, time
        self._following = list(found)
        return found

    def _followed(self, photo: Photo) -> dict[int, Aligned]:
        """Two followed faces that end at the same place are one: the later one is lost."""
        found: dict[int, Aligned] = {}
        for number in self._following:
            aligned = align(photo, self._known[number].crop, self.reconstructor, ROUNDS)
            if aligned is not None and aligned.doubt < MOST_DOUBT and not _there(aligned.crop, found):
                found[number] = aligned
        return found

    def _search(self, photo: Photo, number: int, time: float, found: dict[int, Aligned]) -> None:
        """Adds faces that are not followed yet to `found`, and takes away what several searches did not see."""
        self._searched = number
        boxes = self._boxes(photo)
        seen = {face for face, aligned in found.items() if any(_near(aligned.crop, box) for box in boxes)}
        for face in list(found):
            known = self._known[face]
            known.missed = 0 if face in seen else known.missed + 1
            if known.missed >= UNSEEN_BY_SEARCHES:
                del found[face]
        for box in boxes:
            self._add(photo, box, time, found)

    def _add(self, photo: Photo, box: FaceBox, time: float, found: dict[int, Aligned]) -> None:
        small = max(box.width, box.height) < SMALLEST_FACE
        if (found and (small or self.single)) or any(_near(aligned.crop, box) for aligned in found.values()):
            return
        aligned = align(photo, Crop.around(box.corners), self.reconstructor)
        told = self.detector.certain and not (self.single and self._known)
        sure = aligned is not None and (told or aligned.doubt < MOST_DOUBT)
        if aligned is not None and sure and not _there(aligned.crop, found):
            found[self._name(aligned.crop, time, found)] = aligned

    def _name(self, crop: Crop, time: float, found: dict[int, Aligned]) -> int:
        """The number of the face that was lost there lately, or a new one."""
        for face in self._known.values():
            if face.number not in found and time - face.time <= REMEMBERED and _overlap(face.crop, crop) > SAME_FACE:
                face.missed = 0
                return face.number
        number = len(self._known) + 1
        self._known[number] = _Known(number, crop, time)
        return number

    def _boxes(self, photo: Photo) -> list[FaceBox]:
        try:
            return self.detector.find(photo)
        except PhotoError:
            return []


def _near(crop: Crop, box: FaceBox) -> bool:
    return same_place(crop, Crop.around(box.corners))


def _there(crop: Crop, found: dict[int, Aligned]) -> bool:
    return any(same_place(crop, other.crop) for other in found.values())


def _overlap(one: Crop, other: Crop) -> float:
    """Intersection over union of two squares."""
    reach = (one.side + other.side) / 2
    sides = (min(reach - abs(a - b), one.side, other.side) for a, b in ((one.x, other.x), (one.y, other.y)))
    width, height = (max(side, 0.0) for side in sides)
    return width * height / (one.side**2 + other.side**2 - width * height)
