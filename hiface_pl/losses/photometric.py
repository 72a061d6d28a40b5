"""L_pho: the rendering against the image, over skin that nothing covers."""

from typing import Literal

from jaxtyping import Float
from torch import Tensor
from torch.nn import functional
from typing_extensions import override

from hiface_pl.errors import ConfigError
from hiface_pl.losses.base import Loss, LossTerm
from hiface_pl.losses.reduce import masked_mean, safe_sqrt
from hiface_pl.types import FaceBatch, Reconstruction, Wanted

LEAST = 1e-3
"""Least share of the image that has to be compared; below, a sample does not count."""


def pixel_distance(
    rendered: Float[Tensor, "b 3 h w"], image: Float[Tensor, "b 3 h w"], mask: Float[Tensor, "b 1 h w"], norm: Literal["l1", "l2"]
) -> Float[Tensor, " b"]:
    """Mean over the mask of the absolute (`l1`, mean of the channels) or Euclidean (`l2`) difference of colours in [0, 1]."""
    difference = rendered - image
    if norm == "l1":
        return masked_mean(difference.abs().mean(dim=1, keepdim=True), mask)
    return masked_mean(safe_sqrt(difference.square().sum(dim=1, keepdim=True)), mask)


class PhotometricLoss(Loss):
    """L_pho over `labels.mask` times the rendered skin. The image is averaged down to the rendering's size.

    Paper: masked photometric difference, hair and accessories masked out. Our choice: mean over the compared pixels, `l1` by default,
    because shadows and make-up that the model cannot draw should not dominate.
    """

    needs = Wanted.RENDERING

    def __init__(self, weight: float = 1.0, norm: Literal["l1", "l2"] = "l1") -> None:
        super().__init__(weight)
        self.norm: Literal["l1", "l2"] = norm

    @override
    def forward(self, reconstruction: Reconstruction, batch: FaceBatch) -> LossTerm:
        rendering = reconstruction.rendering
        if rendering is None:
            raise ConfigError("the loss PhotometricLoss needs a rendering: decode with render_size, or set the term to null")
        image, mask = _resized(batch.image, rendering.image), _resized(batch.labels.mask, rendering.image)
        mask = (mask * rendering.skin).detach()
        return LossTerm(pixel_distance(rendering.image, image, mask, self.norm), mask.mean(dim=(1, 2, 3)) > LEAST)


def _resized(image: Tensor, like: Tensor) -> Tensor:
    if image.shape[-2:] == like.shape[-2:]:
        return image
    return functional.interpolate(image, like.shape[-2:], mode="area")
