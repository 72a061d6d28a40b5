"""Which pixels of an image a rendering is compared with: fixed by the image alone, whatever the rendering covers."""

from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

WHOLE = 0.999
"""A pixel of a reduced image counts where it shows nothing but skin: at visible boundaries it mixes skin with what lies beside it."""


def at_size(image: Float[Tensor, "b c h w"], size: int) -> Float[Tensor, "b c s s"]:
    """The image averaged down, or interpolated up, to a rendering's size."""
    if image.shape[-1] == size:
        return image
    if image.shape[-1] < size:
        return functional.interpolate(image, (size, size), mode="bilinear", align_corners=False)
    return functional.interpolate(image, (size, size), mode="area")


def compared(mask: Float[Tensor, "b 1 h w"], size: int) -> Float[Tensor, "b 1 s s"]:
    """1 where a rendering of this size is compared with an image whose skin is `mask`, else 0."""
    return (at_size(mask, size) > WHOLE).to(mask.dtype)
