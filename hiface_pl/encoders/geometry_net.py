"""From image landmarks to pose, identity and expression: a small network that can be trained without a single image."""

from itertools import pairwise

import torch
from jaxtyping import Float
from torch import Tensor, nn

from hiface_pl.encoders.coefficient_heads import zero_linear

GAIN = 8.0
"""Landmarks vary by an eighth of the face between people and expressions: the inputs get unit variance. Our choice."""
OUT_GAIN = 0.2
"""Our choice: slows the last layer down against the heat maps, so that one learning rate serves both without noise in the coefficients."""


class GeometryNet(nn.Module):
    """An MLP and a linear path over where the landmarks are, how large their cloud is, and how it differs from the mean face's.

    `places` (n, 2) are the mean face's landmarks in image widths; at step 0 the output is zero.
    """

    mean_centre: Tensor
    mean_size: Tensor
    mean_form: Tensor

    def __init__(self, places: Float[Tensor, "n 2"], outputs: int, hidden: int, layers: int) -> None:
        super().__init__()
        centre, size, form = _normalised(places[None])
        self.register_buffer("mean_centre", centre[0], persistent=False)
        self.register_buffer("mean_size", size[0], persistent=False)
        self.register_buffer("mean_form", form[0], persistent=False)
        inputs = 2 * len(places) + 3
        widths = [inputs] + [hidden] * layers
        self.hidden = nn.Sequential(*[nn.Sequential(nn.Linear(a, b), nn.SiLU()) for a, b in pairwise(widths)])
        self.out = zero_linear(hidden, outputs)
        self.straight = zero_linear(inputs, outputs)

    def forward(self, points: Float[Tensor, "b n 2"]) -> Float[Tensor, "b k"]:
        """The leading numbers of the coefficient vector: pose, identity, expression."""
        centre, size, form = _normalised(points)
        parts = [(centre - self.mean_centre) * GAIN, torch.log(size / self.mean_size) * GAIN, ((form - self.mean_form) * GAIN).flatten(1)]
        inputs = torch.cat(parts, dim=-1)
        result: Tensor = OUT_GAIN * (self.out(self.hidden(inputs)) + self.straight(inputs))
        return result


def _normalised(points: Float[Tensor, "b n 2"]) -> tuple[Float[Tensor, "b 2"], Float[Tensor, "b 1"], Float[Tensor, "b n 2"]]:
    """Centre, root-mean-square radius and normalised form of each cloud of points."""
    centre = points.mean(1)
    offset = points - centre[:, None]
    size = offset.square().sum(-1).mean(-1, keepdim=True).clamp_min(1e-8).sqrt()
    return centre, size, offset / size[..., None]
