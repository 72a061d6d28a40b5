"""The crop that dlib's networks were trained on: eye corners and nose base where the mean face has them. Differentiable in the pixels."""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

_MEAN_FACE = ((0.121, 0.214), (0.334, 0.229), (0.646, 0.229), (0.860, 0.213), (0.490, 0.628))
"""Subject's right eye (outer, inner corner), left eye (inner, outer corner) and nose base in a square over the inner face. Paper: dlib."""


@dataclass(frozen=True)
class ChipLayout:
    """Side of a chip in pixels, and how much is added on each side of the square over the inner face, in its sides."""

    side: int
    padding: float

    def fitted(self, images: Float[Tensor, "b 3 h w"]) -> Float[Tensor, "b 3 s s"]:
        """The images, resized to the side of a chip where they differ."""
        side = (self.side, self.side)
        if images.shape[2:] == side:
            return images
        return functional.interpolate(images, side, mode="bilinear", align_corners=False, antialias=True)


def face_chips(image: Float[Tensor, "b 3 h w"], points: Float[Tensor, "b 5 2"], layout: ChipLayout) -> Float[Tensor, "b 3 s s"]:
    """Turns, scales and shifts each image so that its five points (order: `landmark_points.FIVE`) come closest to those of the mean face.

    `points` are in image widths (y too), (0, 0) at the left top corner; no gradient flows through them. Beyond the image its border is
    repeated. An image much larger than the chip is averaged first. Paper: dlib's face chips, a least-squares similarity.
    """
    wanted = (points.new_tensor(_MEAN_FACE) + layout.padding) / (1 + 2 * layout.padding)
    factor, shift = _similarity(wanted.expand_as(points), points.detach())
    finer = _averaged(image, factor.abs() * image.shape[3] / layout.side)
    height, width = image.shape[2:]
    centres = (torch.arange(layout.side, device=image.device, dtype=points.dtype) + 0.5) / layout.side
    places = factor[:, None, None] * torch.complex(centres[None, :], centres[:, None]) + shift[:, None, None]
    grid = torch.stack([places.real * 2 - 1, places.imag * 2 * width / height - 1], dim=-1).to(image.dtype)
    return functional.grid_sample(finer, grid, mode="bilinear", padding_mode="border", align_corners=False)


def _averaged(image: Float[Tensor, "b 3 h w"], reduction: Float[Tensor, " b"]) -> Float[Tensor, "b 3 h2 w2"]:
    """The image in the size at which even the largest face is not reduced below half by sampling."""
    times = int(reduction.min())
    if times < 2:
        return image
    size = [max(1, round(length / times)) for length in image.shape[2:]]
    return functional.interpolate(image, size, mode="area")


def _similarity(source: Float[Tensor, "b n 2"], target: Float[Tensor, "b n 2"]) -> tuple[Tensor, Tensor]:
    """Complex factor and shift per sample that bring `source` closest to `target`: target = factor source + shift."""
    start, end = torch.view_as_complex(source.contiguous()), torch.view_as_complex(target.contiguous())
    start_mean, end_mean = start.mean(dim=1, keepdim=True), end.mean(dim=1, keepdim=True)
    spread = (start - start_mean).abs().square().sum(dim=1)
    factor = ((start - start_mean).conj() * (end - end_mean)).sum(dim=1) / spread
    return factor, (end_mean - factor[:, None] * start_mean)[:, 0]
