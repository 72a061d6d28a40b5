"""One face of one photo, reconstructed: what exports and sheets are made from."""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import UInt8

from hiface_pl.data.crop import Crop
from hiface_pl.inference.aligner import as_input, cut, first_face
from hiface_pl.inference.detector import FaceDetector
from hiface_pl.inference.photo import Photo
from hiface_pl.reconstructor import Reconstructor
from hiface_pl.types import Reconstruction

SHEET_SIZE = 448
"""Pixels of the crop kept for pictures, whatever the network's input size is."""


@dataclass(frozen=True)
class FaceResult:
    """A photo, where its face is, and the reconstruction (batch of one, on the CPU, mm in the model frame).

    `view` is the same crop at the size of the pictures, for overlays.
    """

    photo: Photo
    crop: Crop
    view: UInt8[np.ndarray, "s s 3"]
    reconstruction: Reconstruction


@torch.no_grad()
def reconstruct_photo(photo: Photo, detector: FaceDetector, reconstructor: Reconstructor) -> FaceResult:
    """Finds, aligns and reconstructs the photo's face. Raises PhotoError."""
    reconstructor.eval()
    crop = first_face(photo, detector.find(photo), reconstructor, detector.certain)
    device = next(reconstructor.parameters()).device
    reconstruction = reconstructor(as_input(cut(photo.pixels, crop, reconstructor.image_size), device))
    return FaceResult(photo, crop, cut(photo.pixels, crop, SHEET_SIZE), reconstruction.detach().to("cpu"))
