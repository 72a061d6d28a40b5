"""Where a face stands when its 68 landmarks fill a given box of the image: the generator's crop rule, solved for the translation."""

import torch
from jaxtyping import Float
from torch import Tensor

from hiface_pl.data.crop import RISE, SCALE
from hiface_pl.rendering.camera import FOCAL, project

STEPS = 6


def place_in_box(points: Float[Tensor, "b n 3"], centre: Float[Tensor, "b 2"], side: Float[Tensor, " b"]) -> Float[Tensor, "b 3"]:
    """The translation, mm, that gives the projected box of `points` this centre and larger side, both in image widths.

    `points` are rotated landmarks, mm. Our choice: a fixed-point iteration; six steps reach 1e-4 image widths for any head pose.
    """
    low, high = points.amin(1), points.amax(1)
    extent = (high - low)[:, :2].amax(-1)
    depth = FOCAL * extent / side + high[:, 2]
    translation = torch.stack([-(low + high)[:, 0] / 2, -(low + high)[:, 1] / 2, -depth], dim=-1)
    for _ in range(STEPS):
        translation = _improved(points, translation, centre, side)
    return translation


def _improved(
    points: Float[Tensor, "b n 3"], translation: Float[Tensor, "b 3"], centre: Float[Tensor, "b 2"], side: Float[Tensor, " b"]
) -> Float[Tensor, "b 3"]:
    image = project(points + translation[:, None])
    low, high = image.amin(1), image.amax(1)
    depth = -translation[:, 2] * (high - low).amax(-1) / side
    shift = (centre - (low + high) / 2) * (depth / FOCAL)[:, None]
    return torch.stack([translation[:, 0] + shift[:, 0], translation[:, 1] - shift[:, 1], -depth], dim=-1)


def middle_of_the_crop(landmarks: Float[Tensor, "n 3"]) -> Float[Tensor, " 3"]:
    """The translation, mm, of a frontal face with these landmarks whose crop (data/crop.py) is the whole image."""
    centre = torch.tensor([[0.5, 0.5 + RISE]], dtype=landmarks.dtype)
    return place_in_box(landmarks[None], centre, torch.tensor([1 / SCALE], dtype=landmarks.dtype))[0]
