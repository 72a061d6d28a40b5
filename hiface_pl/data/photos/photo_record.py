"""A face of a photo, as it is used and as bytes."""

import json
import zlib
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from jaxtyping import Bool, Float32, UInt8

from hiface_pl.data.crop import Crop
from hiface_pl.data.record_bytes import RecordForm
from hiface_pl.perception.face_landmarks import POINTS

SHAPES: dict[str, tuple[int, ...]] = {
    "landmarks": (POINTS, 2),
    "certainty": (POINTS,),
    "identity": (128,),
    "age": (81,),
    "crop": (3,),
    "presence": (),
    "sharpness": (),
}
"""The float block, in file order."""
JPEG = (cv2.IMWRITE_JPEG_QUALITY, 95, cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444)
_FORM = RecordForm(sum(int(np.prod(shape, dtype=int)) for shape in SHAPES.values()), ("image", "skin", "origin"))


@dataclass(frozen=True)
class PhotoFace:
    """One face, cut as inference cuts it.

    `image` is RGB, `skin` true where it shows bare skin inside the photo. `landmarks` are the 468 points in crop widths, `certainty` of
    each in [0, 1]. `identity` is the embedding of the crop, `age` its distribution over 81 years. `place` is the crop in pixels of
    `photo`; `face` counts that photo's faces from the largest; `person` is who it shows, empty where nobody said.
    """

    photo: str
    face: int
    person: str
    place: Crop
    image: UInt8[np.ndarray, "s s 3"]
    skin: Bool[np.ndarray, "s s"]
    landmarks: Float32[np.ndarray, "468 2"]
    certainty: Float32[np.ndarray, " 468"]
    identity: Float32[np.ndarray, " 128"]
    age: Float32[np.ndarray, " 81"]
    presence: float
    sharpness: float

    def pack(self) -> bytes:
        """The record: the image as JPEG of quality 95 without colour subsampling. Our choice: a fifth of a PNG, no loss to be seen."""
        place = np.array([self.place.x, self.place.y, self.place.side])
        values = (self.landmarks, self.certainty, self.identity, self.age, place, self.presence, self.sharpness)
        numbers = np.concatenate([np.asarray(value, np.float32).ravel() for value in values])
        image = cv2.imencode(".jpg", cv2.cvtColor(self.image, cv2.COLOR_RGB2BGR), JPEG)[1].tobytes()
        origin = json.dumps({"photo": self.photo, "face": self.face, "person": self.person}).encode()
        return _FORM.pack(numbers, (image, zlib.compress(np.packbits(self.skin).tobytes(), 6), origin))


def open_face(record: bytes, place: str) -> PhotoFace:
    """What `PhotoFace.pack` wrote. Raises StoreError, which says `place`, where the record is not as it was written."""
    numbers, blobs = _FORM.unpack(record, place)
    image = np.asarray(cv2.imdecode(np.frombuffer(blobs["image"], np.uint8), cv2.IMREAD_COLOR_RGB), np.uint8)
    bits = np.unpackbits(np.frombuffer(zlib.decompress(blobs["skin"]), np.uint8), count=image.shape[0] * image.shape[1])
    arrays: dict[str, Any] = {}
    start = 0
    for name, shape in SHAPES.items():
        count = int(np.prod(shape, dtype=int))
        arrays[name], start = numbers[start : start + count].reshape(shape), start + count
    x, y, side = arrays.pop("crop").tolist()
    scalars: dict[str, Any] = {name: float(arrays.pop(name)) for name in ("presence", "sharpness")}
    skin = bits.reshape(image.shape[:2]).astype(bool)
    return PhotoFace(place=Crop(x, y, side), image=image, skin=skin, **arrays, **scalars, **json.loads(blobs["origin"]))
