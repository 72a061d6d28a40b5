"""Faces of a photo, reconstructed: what exports and sheets are made from."""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import UInt8

from hiface_pl.data.crop import Crop
from hiface_pl.inference.aligner import all_faces, as_input, cut, first_face
from hiface_pl.inference.detector import FaceDetector
from hiface_pl.inference.photo import Photo
from hiface_pl.inference.refiner import FittedLandmarks, Refiner
from hiface_pl.reconstructor import Reconstructor
from hiface_pl.types import Reconstruction

SHEET_SIZE = 448
"""Pixels of the crop kept for pictures, whatever the network's input size is."""


@dataclass(frozen=True)
class FaceResult:
    """A photo, where its face is, and the reconstruction (batch of one, on the CPU, mm in the model frame).

    `view` is the same crop at the size of the pictures, for overlays; `fitted` is there where a refiner corrected the face.
    """

    photo: Photo
    crop: Crop
    view: UInt8[np.ndarray, "s s 3"]
    reconstruction: Reconstruction
    fitted: FittedLandmarks | None = None


@dataclass(frozen=True)
class PhotoResult:
    """The faces of a photo, the largest first, and how many more were seen but left out."""

    faces: list[FaceResult]
    left_out: int


@torch.no_grad()
def reconstruct_photo(photo: Photo, detector: FaceDetector, reconstructor: Reconstructor) -> FaceResult:
    """Finds, aligns and reconstructs the photo's most prominent face. Raises PhotoError."""
    _evaluate(reconstructor)
    return reconstruct_crop(photo, first_face(photo, detector.find(photo), reconstructor, detector.certain), reconstructor)


@torch.no_grad()
def reconstruct_faces(photo: Photo, detector: FaceDetector, reconstructor: Reconstructor, refiner: Refiner | None = None) -> PhotoResult:
    """All faces that the detector is certain of (`aligner.all_faces`), else the most prominent one. Raises PhotoError."""
    _evaluate(reconstructor)
    seen = all_faces(photo, detector.find(photo), reconstructor, detector.certain)
    return PhotoResult([reconstruct_crop(photo, crop, reconstructor, refiner) for crop in seen.crops], seen.left_out)


@torch.no_grad()
def reconstruct_crop(photo: Photo, crop: Crop, reconstructor: Reconstructor, refiner: Refiner | None = None) -> FaceResult:
    """The face whose place is known."""
    device = next(reconstructor.parameters()).device
    found: Reconstruction = reconstructor(as_input(cut(photo.pixels, crop, reconstructor.image_size), device))
    found, fitted = (found, None) if refiner is None else refiner.refined(photo, crop, found)
    return FaceResult(photo, crop, cut(photo.pixels, crop, SHEET_SIZE), found.detach().to("cpu"), fitted)


def _evaluate(reconstructor: Reconstructor) -> None:
    """Not where that is so already: to tell five hundred modules takes a tenth of a photo's time."""
    if reconstructor.training:
        reconstructor.eval()
