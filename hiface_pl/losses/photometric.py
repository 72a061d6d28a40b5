"""L_pho: the rendering against the image, over skin that nothing covers."""

import math
from typing import Literal

import torch
from jaxtyping import Bool, Float
from torch import Tensor
from typing_extensions import override

from hiface_pl.errors import ConfigError
from hiface_pl.losses.base import Loss, LossTerm
from hiface_pl.losses.compared_pixels import at_size, compared
from hiface_pl.losses.reduce import masked_mean, safe_sqrt
from hiface_pl.types import FaceBatch, Reconstruction, Rendering, Wanted

Norm = Literal["l1", "l2"]
LEAST = 1e-3
"""Least share of the image that has to be compared; below, a sample does not count."""
LARGEST: dict[Norm, float] = {"l1": 1.0, "l2": math.sqrt(3)}
"""The largest difference of two colours."""


def pixel_distance(
    rendered: Float[Tensor, "b 3 h w"],
    image: Float[Tensor, "b 3 h w"],
    mask: Float[Tensor, "b 1 h w"],
    covered: Bool[Tensor, "b 1 h w"],
    norm: Norm,
) -> Float[Tensor, " b"]:
    """Mean over the mask of the absolute (`l1`, mean of the channels) or Euclidean (`l2`) difference of colours in [0, 1].

    Pixels of the mask that the rendering does not cover count as the largest difference there is.
    """
    difference = rendered - image
    euclidean = norm == "l2"
    value = safe_sqrt(difference.square().sum(dim=1, keepdim=True)) if euclidean else difference.abs().mean(dim=1, keepdim=True)
    return masked_mean(torch.where(covered, value, LARGEST[norm]), mask)


class PhotometricLoss(Loss):
    """L_pho over `labels.mask`. The image is averaged down to the rendering's size; pixels that are not wholly skin are left out.

    Paper: masked photometric difference, hair and accessories masked out. Our choice: mean over the compared pixels, `l1` by default,
    because shadows and make-up that the model cannot draw should not dominate. Which pixels are compared is fixed by the image, and those
    that the rendering leaves open cost as much as any colour could: a face that shrinks, slides away or is switched off pays for it.
    Visibility is hard, so no gradient leads back from there; landmarks do. `synthetic` false leaves it to samples without ground truth.
    """

    needs = Wanted.RENDERING

    def __init__(self, weight: float = 1.0, norm: Norm = "l1", synthetic: bool = True) -> None:
        super().__init__(weight)
        self.norm: Norm = norm
        self.synthetic = synthetic

    @override
    def forward(self, reconstruction: Reconstruction, batch: FaceBatch) -> LossTerm:
        rendering = rendering_of(reconstruction, type(self).__name__)
        size = rendering.image.shape[-1]
        image, mask = at_size(batch.image, size), compared(batch.labels.mask, size)
        valid = mask.mean(dim=(1, 2, 3)) > LEAST
        if not self.synthetic:
            valid = valid & ~batch.labels.has_geometry
        return LossTerm(pixel_distance(rendering.image, image, mask, rendering.skin > 0, self.norm), valid)


def rendering_of(reconstruction: Reconstruction, term: str) -> Rendering:
    """The rendering. Raises ConfigError, which names the term, where there is none."""
    if reconstruction.rendering is None:
        raise ConfigError(f"the loss {term} needs a rendering: decode with render_size, or set the term to null")
    return reconstruction.rendering
