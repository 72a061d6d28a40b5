"""Cheap changes of a training batch on its own device, the same for the same seed, epoch and sample number on any machine.

Random numbers come from hashing (seed, epoch, index, stream) instead of a generator's state: any order of samples, any number of workers
and a resumed run see the same images, and there is no loop over samples.
"""

from dataclasses import replace

import torch
from jaxtyping import Float, Int
from torch import Tensor

from hiface_pl.types import FaceBatch

STREAMS = 11


class Augmentation:
    """Channel gains, brightness, contrast and rectangles cut out of image and mask. Our choice: what the generator does not already vary.

    `gain`, `brightness` and `contrast` are half-widths of the uniform draws, `cutout` the probability of a rectangle of at most
    `cutout_side` image widths.
    """

    def __init__(
        self,
        gain: float = 0.1,
        brightness: float = 0.08,
        contrast: float = 0.15,
        cutout: float = 0.3,
        cutout_side: float = 0.35,
        seed: int = 0,
    ) -> None:
        self.gain, self.brightness, self.contrast = gain, brightness, contrast
        self.cutout, self.cutout_side, self.seed = cutout, cutout_side, seed

    def __call__(self, batch: FaceBatch, epoch: int) -> FaceBatch:
        """The changed batch; labels stay as they are, but for the mask, which loses what was cut out."""
        draw = uniforms(batch.index, STREAMS, self.seed, epoch)
        keep = self._kept(draw[:, 5:10], batch.image.shape[-2], batch.image.shape[-1])
        gain = (1 + self.gain * _centred(draw[:, 0:3])) * (1 + self.contrast * _centred(draw[:, 3:4]))
        shift = self.brightness * _centred(draw[:, 4:5])
        image = (batch.image * gain[:, :, None, None] + shift[:, :, None, None]).clamp(0, 1)
        image = torch.where(keep, image, draw[:, 10, None, None, None])
        return replace(batch, image=image, labels=replace(batch.labels, mask=batch.labels.mask * keep))

    def _kept(self, draw: Float[Tensor, "b 5"], height: int, width: int) -> Tensor:
        """Pixels outside the sample's rectangle, (b, 1, h, w)."""
        y = (torch.arange(height, device=draw.device) + 0.5) / height
        x = (torch.arange(width, device=draw.device) + 0.5) / width
        half = 0.5 * self.cutout_side * (0.25 + 0.75 * draw[:, 1:3]) * (draw[:, 0:1] < self.cutout)
        inside_x = (x[None] - draw[:, 3:4]).abs() < half[:, 0:1]
        inside_y = (y[None] - draw[:, 4:5]).abs() < half[:, 1:2]
        return ~(inside_y[:, None, :, None] & inside_x[:, None, None, :])


def uniforms(index: Int[Tensor, " b"], count: int, seed: int, epoch: int) -> Float[Tensor, "b n"]:
    """`count` uniform numbers in [0, 1) per sample: xorshift-multiply hashes of the four integers, in 32 bits kept inside int64."""
    streams = torch.arange(count, device=index.device)
    state = _mixed(index[:, None].long() + _mixed(torch.full_like(streams, seed) * 0x51ED27 + epoch))
    return _mixed(state ^ (streams * 0x9E3779B1 & 0xFFFFFFFF)).double().div(2**32).float().clamp(max=1 - 2**-24)


def _mixed(value: Tensor) -> Tensor:
    value = value & 0xFFFFFFFF
    for shift, factor in ((16, 0x7FEB352D), (15, 0x46A2CA6B)):
        value = ((value ^ (value >> shift)) * factor) & 0xFFFFFFFF
    return value ^ (value >> 16)


def _centred(draw: Tensor) -> Tensor:
    return 2 * draw - 1
