"""Landmarks from features: a top-down path to a quarter of the image's resolution, one heat map a point, soft-argmax."""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.functional import interpolate

PRIOR_SPREAD = 0.12
"""Standard deviation, image widths, of the prior that each heat map starts from. Our choice: about how far landmarks move between crops."""

GAIN = 10.0
"""What turns the last layer's output into log-probabilities. Our choice: sharp maps then need small weights, which are learned in tens of
steps instead of hundreds."""


class TopDownPath(nn.Module):
    """Merges features of falling resolution into one map with `width` channels at the resolution of the first. Our choice: as in FPN."""

    def __init__(self, channels: Sequence[int], width: int) -> None:
        super().__init__()
        self.lateral = nn.ModuleList(nn.Conv2d(c, width, 1) for c in channels)
        self.smooth = nn.ModuleList(_separable(width) for _ in channels[1:])
        self.out = _separable(width)

    def forward(self, features: Sequence[Tensor]) -> Float[Tensor, "b c h w"]:
        """`features` run from fine to coarse."""
        merged: Tensor = self.lateral[-1](features[-1])
        for level in range(len(features) - 2, -1, -1):
            finer: Tensor = self.lateral[level](features[level])
            merged = self.smooth[level](finer + interpolate(merged, size=finer.shape[-2:], mode="bilinear", align_corners=False))
        result: Tensor = self.out(merged)
        return result


class HeatMaps(nn.Module):
    """One heat map a point over a feature map, read by soft-argmax. At step 0 every point is where the mean face has it."""

    places: Tensor

    def __init__(self, width: int, places: Float[Tensor, "n 2"]) -> None:
        super().__init__()
        self.register_buffer("places", places, persistent=False)
        self.maps = nn.Conv2d(width, len(places), 1, bias=False)
        nn.init.normal_(self.maps.weight, std=1e-3)

    def forward(self, features: Float[Tensor, "b c h w"]) -> Float[Tensor, "b n 2"]:
        """Image coordinates of the points, in image widths."""
        batch, _, height, width = features.shape
        with torch.autocast(features.device.type, enabled=False):
            weight = GAIN * self.maps.weight.flatten(1)
            logits = torch.baddbmm(
                self._prior(height, width), weight.expand(batch, -1, -1), features.float().flatten(2)
            )  # one product, laid out as the softmax wants it
            return soft_argmax(logits.unflatten(2, (height, width)))

    def _prior(self, height: int, width: int) -> Float[Tensor, "n p"]:
        grid = cell_centres(height, width, self.places.device)
        return (-0.5 * ((grid[None] - self.places[:, None, None]) / PRIOR_SPREAD).square().sum(-1)).flatten(1)


def soft_argmax(logits: Float[Tensor, "b n h w"]) -> Float[Tensor, "b n 2"]:
    """The mean position, in image widths (x right, y down), under the softmax of each map."""
    height, width = logits.shape[-2:]
    weights = logits.flatten(2).softmax(-1)
    return weights @ cell_centres(height, width, logits.device).to(logits.dtype).view(-1, 2)


def cell_centres(height: int, width: int, device: torch.device | None = None) -> Float[Tensor, "h w 2"]:
    """Centres of the cells of a square image divided into `height` x `width`."""
    rows, columns = ((torch.arange(count, device=device) + 0.5) / count for count in (height, width))
    y, x = torch.meshgrid(rows, columns, indexing="ij")
    return torch.stack([x, y], dim=-1)


def _separable(width: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(width, width, 3, padding=1, groups=width, bias=False),
        nn.BatchNorm2d(width),
        nn.ReLU(inplace=True),
        nn.Conv2d(width, width, 1, bias=False),
        nn.BatchNorm2d(width),
        nn.ReLU(inplace=True),
    )
