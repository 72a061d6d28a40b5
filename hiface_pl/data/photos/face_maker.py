"""From a picture to the samples that it gives, or to why it gives none."""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float32, UInt8

from hiface_pl.data.crop import Crop
from hiface_pl.data.photos.perception import Perception
from hiface_pl.data.photos.photo_record import PhotoFace
from hiface_pl.data.photos.quality import Limits, Reason, sharpness
from hiface_pl.data.photos.reading import PictureReader
from hiface_pl.data.photos.sources import Source
from hiface_pl.errors import PhotoError
from hiface_pl.inference.aligner import as_input, cut
from hiface_pl.inference.photo import Photo, SmallPhotoError
from hiface_pl.perception.embedder import Embedder
from hiface_pl.perception.face_chip import face_chips
from hiface_pl.perception.face_landmarks import FaceLandmarks
from hiface_pl.perception.landmark_points import FIVE, IBUG_68


@dataclass(frozen=True)
class LeftOut:
    """A face, or a whole picture where `face` is None, that is no sample, and why."""

    face: int | None
    reason: Reason
    detail: str


@dataclass(frozen=True)
class Outcome:
    """What became of one picture: records of its faces, and what was left out."""

    name: str
    records: tuple[bytes, ...]
    left_out: tuple[LeftOut, ...]


class FaceMaker:
    """Reads, detects, cuts and looks."""

    def __init__(self, perception: Perception, image_size: int, limits: Limits, people: bool = False) -> None:
        """`people` says that the folder a file lies in names the person."""
        self._perception, self._size, self._limits, self._people = perception, image_size, limits, people
        self._reader = PictureReader()

    def make(self, source: Source) -> Outcome:
        """Never raises because of a picture. Raises StoreError for a damaged store."""
        try:
            photo = self._reader.read(source)
        except PhotoError as error:
            reason = Reason.TOO_SMALL if isinstance(error, SmallPhotoError) else Reason.UNREADABLE
            return Outcome(source.name, (), (LeftOut(None, reason, str(error)),))
        faces = self._perception.landmarks.find(photo.pixels)
        if not faces:
            return Outcome(source.name, (), (LeftOut(None, Reason.NO_FACE, "no face was found in the picture"),))
        kept = faces[:1] if self._limits.largest or source.stored else faces
        made = [self._face(source, photo, face, number) for number, face in enumerate(kept)]
        records = tuple(face.pack() for face in made if isinstance(face, PhotoFace))
        return Outcome(source.name, records, tuple(face for face in made if isinstance(face, LeftOut)))

    def _face(self, source: Source, photo: Photo, face: FaceLandmarks, number: int) -> PhotoFace | LeftOut:
        crop = Crop.whole(photo.pixels.shape[1]) if source.stored else Crop.around(face.points[list(IBUG_68)])
        refused = self._limits.refusal(photo, face, crop)
        if refused is not None:
            return LeftOut(number, *refused)
        image = cut(photo.pixels, crop, self._size)
        sharp = sharpness(image)
        refused = self._limits.blurred(sharp)
        if refused is not None:
            return LeftOut(number, *refused)
        landmarks = crop.to_crop(face.points)
        seen = FaceLandmarks(landmarks * self._size, face.certainty, face.presence)
        return PhotoFace(
            photo=source.name,
            face=number,
            person=source.person if self._people else "",
            place=crop,
            image=image,
            skin=self._perception.skin.mask(image, seen) & inside(photo.pixels, crop, self._size),
            landmarks=landmarks.astype(np.float32),
            certainty=face.certainty.astype(np.float32),
            identity=embedded(self._perception.identity, image, landmarks),
            age=embedded(self._perception.age, image, landmarks),
            presence=face.presence,
            sharpness=sharp,
        )


@torch.no_grad()
def embedded(network: Embedder, image: UInt8[np.ndarray, "s s 3"], landmarks: Float32[np.ndarray, "468 2"] | np.ndarray) -> np.ndarray:
    """What a network says about the crop (1-D, float32). Our choice: of the crop, not of the photo, since it is compared with renderings
    that have no more pixels.
    """
    five = torch.from_numpy(landmarks[list(FIVE)]).float()[None]
    return network(face_chips(as_input(image, torch.device("cpu")), five, network.layout))[0].numpy()


def inside(pixels: UInt8[np.ndarray, "h w 3"], crop: Crop, size: int) -> Bool[np.ndarray, "s s"]:
    """Which pixels of the crop the photo has; around it border pixels are repeated."""
    height, width = pixels.shape[:2]
    centres = (np.arange(size) + 0.5) / size
    x, y = crop.to_image(np.stack([centres, centres], axis=1)).T
    return ((y > 0) & (y < height))[:, None] & ((x > 0) & (x < width))[None, :]
