"""From a face box to the crop that networks are trained on, by looking again: the network's own landmarks place the final crop."""

from dataclasses import dataclass

import cv2
import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from hiface_pl.data.crop import Crop
from hiface_pl.errors import PhotoError
from hiface_pl.face_models.mirror import MIRROR_68
from hiface_pl.inference.detector import FaceBox
from hiface_pl.inference.photo import Photo
from hiface_pl.reconstructor import Reconstructor

ROUNDS = 3
"""How often at most the crop is placed anew around the predicted landmarks. Our choice: after three it moves by less than 1 %."""
SETTLED = 0.01
"""A crop whose centre and side move by less than this share of the side has found its place. Our choice."""
LARGEST_CHANGE = 3.0
"""A crop that grows or shrinks by more than this in one round is not a face."""
MOST_DOUBT = 0.02
"""Our choice: clear faces in photos reach 0.003 to 0.012, faces behind a hand 0.025 at most; other things 0.02 to 0.17."""
SMALLEST_FACE = 40
"""Pixels that the 68 landmarks of a face beside a larger one must span. Our choice: smaller ones are mostly people in the background."""
SAME_PLACE = 0.2
"""Crops whose centres are closer, in sides of the larger one, show the same face. Our choice."""


@dataclass(frozen=True)
class Aligned:
    """A crop, and how far the network's landmarks on it lie from those on its mirror image: mean over points and rounds, crop widths."""

    crop: Crop
    doubt: float


@dataclass(frozen=True)
class FacesSeen:
    """Crops of a photo's faces, and how many further ones are too small or not seen by the network."""

    crops: list[Crop]
    left_out: int


def cut(pixels: UInt8[np.ndarray, "h w 3"], crop: Crop, size: int) -> UInt8[np.ndarray, "s s 3"]:
    """The crop at `size` pixels: area averages where it is reduced, edge pixels repeated beyond the photo."""
    scale = size / crop.side
    if scale >= 1:
        return _warp(pixels, crop, size, cv2.INTER_CUBIC)
    fine = round(crop.side)
    return np.asarray(cv2.resize(_warp(pixels, crop, fine, cv2.INTER_LINEAR), (size, size), interpolation=cv2.INTER_AREA), dtype=np.uint8)


def as_input(pixels: UInt8[np.ndarray, "s s 3"], device: torch.device) -> Float[Tensor, "1 3 s s"]:
    """A crop as networks take it: RGB in [0, 1]."""
    return torch.from_numpy(np.ascontiguousarray(pixels)).to(device).permute(2, 0, 1)[None].float() / 255


def first_face(photo: Photo, boxes: list[FaceBox], reconstructor: Reconstructor, certain: bool = False) -> Crop:
    """The crop around the first box in which the network sees a face, or sees any landmarks if it is `certain`. Raises PhotoError."""
    for box in boxes:
        found = align(photo, Crop.around(box.corners), reconstructor)
        if found is not None and (certain or found.doubt < MOST_DOUBT):
            return found.crop
    raise _unseen(photo)


def all_faces(photo: Photo, boxes: list[FaceBox], reconstructor: Reconstructor, certain: bool) -> FacesSeen:
    """The crops of all boxes, in their order, if the detector is `certain` of them; else that of `first_face`. Raises PhotoError.

    A face smaller than SMALLEST_FACE counts only where no larger one was seen, and no face counts twice.
    """
    if not certain:
        return FacesSeen([first_face(photo, boxes, reconstructor)], 0)
    crops: list[Crop] = []
    left_out = 0
    for box in boxes:
        large = not crops or max(box.width, box.height) >= SMALLEST_FACE
        found = align(photo, Crop.around(box.corners), reconstructor) if large else None
        if found is None:
            left_out += 1
        elif not any(same_place(found.crop, crop) for crop in crops):
            crops.append(found.crop)
    if not crops:
        raise _unseen(photo)
    return FacesSeen(crops, left_out)


def _unseen(photo: Photo) -> PhotoError:
    return PhotoError(
        f"the network sees no face in {photo.name}, wherever it looked: give its place with --box x,y,w,h, in pixels from brows to chin"
    )


def same_place(one: Crop, other: Crop) -> bool:
    """Whether two crops show the same face."""
    return float(np.hypot(one.x - other.x, one.y - other.y)) < SAME_PLACE * max(one.side, other.side)


@torch.no_grad()
def align(photo: Photo, start: Crop, reconstructor: Reconstructor, rounds: int = ROUNDS) -> Aligned | None:
    """The crop around the landmarks that the network sees from a first crop on, or None where they run away or are not finite.

    At least two rounds, no more once the crop has settled. Our choice: each looks at the crop and its mirror image and takes the mean,
    which steadies the crop; a network that finds the same points in both sees a face.
    """
    crop, doubts = start, []
    for _ in range(rounds):
        seen, mirrored = _look_twice(photo, crop, reconstructor)
        doubts.append(float(np.linalg.norm(seen - mirrored, axis=1).mean()))
        found = _follow(crop, (seen + mirrored) / 2)
        if found is None:
            return None
        settled, crop = _moved(crop, found) < SETTLED, found
        if settled and len(doubts) > 1:
            break
    return Aligned(crop, float(np.mean(doubts[1:])))


def _look_twice(photo: Photo, crop: Crop, reconstructor: Reconstructor) -> tuple[Float[np.ndarray, "68 2"], Float[np.ndarray, "68 2"]]:
    """The landmarks on the crop, and those on its mirror image, mirrored back; both in crop widths."""
    image = as_input(cut(photo.pixels, crop, reconstructor.image_size), next(reconstructor.parameters()).device)
    seen, mirrored = reconstructor.located(torch.cat([image, image.flip(-1)])).double().cpu().numpy()
    return seen, np.array([1.0, 0.0]) + np.array([-1.0, 1.0]) * mirrored[MIRROR_68]


def _follow(crop: Crop, points: Float[np.ndarray, "68 2"]) -> Crop | None:
    if not np.isfinite(points).all():
        return None
    found = Crop.around(crop.to_image(points))
    return found if crop.side / LARGEST_CHANGE < found.side < crop.side * LARGEST_CHANGE else None


def _moved(before: Crop, after: Crop) -> float:
    """How far the centre moves or the side changes, whichever is more, in sides."""
    return max(abs(after.x - before.x), abs(after.y - before.y), abs(after.side - before.side)) / before.side


def _warp(pixels: UInt8[np.ndarray, "h w 3"], crop: Crop, size: int, way: int) -> UInt8[np.ndarray, "s s 3"]:
    """Pixel centres lie at halves, in the crop and in the photo."""
    step = crop.side / size
    left, top = crop.x - crop.side / 2, crop.y - crop.side / 2
    matrix = np.array([[step, 0, left + step / 2 - 0.5], [0, step, top + step / 2 - 0.5]])
    flags = way | cv2.WARP_INVERSE_MAP
    return np.asarray(cv2.warpAffine(pixels, matrix, (size, size), flags=flags, borderMode=cv2.BORDER_REPLICATE), dtype=np.uint8)
