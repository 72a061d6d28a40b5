"""Small networks in which one code modulates the normalised features of another."""

from collections.abc import Sequence
from itertools import pairwise

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.functional import layer_norm, silu

INITIAL_POLES = 0.01
"""Standard deviation of the last layer's initial weights: poles start near the mean map of their basis. Our choice."""


class AdaIn(nn.Module):
    """x -> (1 + scale(style)) * normalise(x) + shift(style), normalised over the features of each sample; starts as the normalisation."""

    def __init__(self, features: int, style: int) -> None:
        super().__init__()
        self.affine = nn.Linear(style, 2 * features)
        nn.init.zeros_(self.affine.weight)
        nn.init.zeros_(self.affine.bias)

    def forward(self, features: Float[Tensor, "b f"], style: Float[Tensor, "b s"]) -> Float[Tensor, "b f"]:
        """Features with the style's mean and spread."""
        scale, shift = self.affine(style).chunk(2, dim=1)
        return (1 + scale) * layer_norm(features, features.shape[1:]) + shift


class AdaInMlp(nn.Module):
    """g(beta, xi, phi) -> varphi: the content (beta, xi) passes through the layers, the style phi modulates it by AdaIN after each.

    Our choice: the authors name these inputs and MLPs with AdaIN, but neither the layers nor which input is modulated.
    """

    def __init__(self, content: int, style: int, output: int, hidden: Sequence[int]) -> None:
        super().__init__()
        widths = [content, *hidden]
        self.layers = nn.ModuleList(nn.Linear(a, b) for a, b in pairwise(widths))
        self.styles = nn.ModuleList(AdaIn(width, style) for width in hidden)
        self.output = nn.Linear(widths[-1], output)
        nn.init.normal_(self.output.weight, std=INITIAL_POLES)
        nn.init.zeros_(self.output.bias)

    def forward(self, content: Float[Tensor, "b c"], style: Float[Tensor, "b s"]) -> Float[Tensor, "b o"]:
        """The output of each sample, independent of the others in the batch."""
        features = content
        for layer, modulate in zip(self.layers, self.styles, strict=True):
            features = silu(modulate(layer(features), style))
        return torch.as_tensor(self.output(features))
