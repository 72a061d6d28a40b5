"""From a face box to the crop that networks are trained on, by looking twice: the network's own landmarks place the final crop."""

import cv2
import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from hiface_pl.data.crop import Crop
from hiface_pl.errors import PhotoError
from hiface_pl.inference.detector import FaceBox
from hiface_pl.inference.photo import Photo
from hiface_pl.reconstructor import Reconstructor

ROUNDS = 2
"""How often the crop is placed anew around the predicted landmarks. Our choice."""
LARGEST_CHANGE = 3.0
"""A crop that grows or shrinks by more than this in one round is not a face."""


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


@torch.no_grad()
def align(photo: Photo, box: FaceBox, reconstructor: Reconstructor) -> Crop:
    """The crop around the landmarks that the network sees. Raises PhotoError where the network finds none."""
    crop = Crop.around(box.corners)
    device = next(reconstructor.parameters()).device
    for _ in range(ROUNDS):
        points = reconstructor(as_input(cut(photo.pixels, crop, reconstructor.image_size), device)).landmarks[0].double().cpu().numpy()
        crop = _follow(crop, points, photo.name)
    return crop


def _follow(crop: Crop, points: Float[np.ndarray, "68 2"], name: str) -> Crop:
    found = Crop.around(crop.to_image(points)) if np.isfinite(points).all() else None
    if found is None or not crop.side / LARGEST_CHANGE < found.side < crop.side * LARGEST_CHANGE:
        raise PhotoError(
            f"the network finds no landmarks in {name}: give the face's place with --box x,y,w,h, in pixels from brows to chin"
        )
    return found


def _warp(pixels: UInt8[np.ndarray, "h w 3"], crop: Crop, size: int, way: int) -> UInt8[np.ndarray, "s s 3"]:
    """Pixel centres lie at halves, in the crop and in the photo."""
    step = crop.side / size
    left, top = crop.x - crop.side / 2, crop.y - crop.side / 2
    matrix = np.array([[step, 0, left + step / 2 - 0.5], [0, step, top + step / 2 - 0.5]])
    flags = way | cv2.WARP_INVERSE_MAP
    return np.asarray(cv2.warpAffine(pixels, matrix, (size, size), flags=flags, borderMode=cv2.BORDER_REPLICATE), dtype=np.uint8)
