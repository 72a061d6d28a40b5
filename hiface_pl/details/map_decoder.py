"""From a vector to a displacement map without a basis: the small upsampling network that SD-1, SD-2 and SD-3 share."""

from itertools import pairwise

import torch
from jaxtyping import Float, Float32
from numpy import ndarray
from torch import Tensor, nn

from hiface_pl.face_models.face_assets import DetailBases

DOUBLINGS = 3
SHUFFLE = 4
WIDTHS = (64, 48, 32, 24)
"""Channels of the first grid and after each doubling. Our choice: 65 million multiplications for a map of 256 x 256, 6 ms of one core
forward and backward, less than the backbone of the mini scale takes for an image."""
UNIT = 0.1
"""Millimetres that an output of 1 stands for: the size of a furrow, so that the learning rate of the rest fits."""


class MapDecoder(nn.Module):
    """latent -> values at the n texels of the detail mask, mm.

    A dense layer makes a grid of a 32nd of the map's side, three times doubled and convolved; a last convolution predicts 4 x 4 texels a
    cell. Paper: `directly generate` the map, no network is named. Our choice: all of it, and the start, which is the `mean` map that a
    basis also starts from (0 where none is given), so that a comparison with a basis measures how maps are spanned and no head start.
    """

    mask: Tensor
    mean: Tensor
    texels: Tensor

    def __init__(self, latent: int, detail: DetailBases, mean: Float32[ndarray, " n"] | None = None) -> None:
        super().__init__()
        self.size = detail.size
        self.cells = -(-detail.size // (SHUFFLE * 2**DOUBLINGS))
        weights = torch.from_numpy(detail.mask.ravel()[detail.texels])
        self.register_buffer("mask", weights, persistent=False)
        self.register_buffer("mean", torch.zeros_like(weights) if mean is None else torch.from_numpy(mean), persistent=False)
        self.register_buffer("texels", torch.from_numpy(detail.texels).long(), persistent=False)
        self.grid = nn.Linear(latent, WIDTHS[0] * self.cells**2)
        self.doublings = nn.Sequential(*[_doubling(a, b) for a, b in pairwise(WIDTHS)])
        self.texels_of_a_cell = nn.Conv2d(WIDTHS[-1], SHUFFLE**2, 3, padding=1)
        nn.init.zeros_(self.texels_of_a_cell.weight)
        nn.init.zeros_(self.texels_of_a_cell.bias)  # type: ignore[arg-type]

    def forward(self, latent: Float[Tensor, "b k"]) -> Float[Tensor, "b n"]:
        """The map's values in the order of `DetailBases.texels`, faded by the mask."""
        grid = self.grid(latent).unflatten(1, (WIDTHS[0], self.cells, self.cells))
        features = self.doublings(grid.contiguous(memory_format=torch.channels_last))  # a third faster on a CPU
        maps = nn.functional.pixel_shuffle(self.texels_of_a_cell(features), SHUFFLE)
        inside = maps[:, 0, : self.size, : self.size].flatten(1).index_select(1, self.texels)
        return self.mean + UNIT * self.mask * inside


def _doubling(inputs: int, outputs: int) -> nn.Sequential:
    """Twice the side. Group normalisation, because a map must not depend on the other samples."""
    return nn.Sequential(
        nn.Upsample(scale_factor=2, mode="nearest"),
        nn.Conv2d(inputs, outputs, 3, padding=1, bias=False),
        nn.GroupNorm(4, outputs),
        nn.SiLU(inplace=True),
    )
