"""The residual network that dlib's face networks share, written in torch from its published layer list."""

from dataclasses import dataclass, fields

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional


@dataclass(frozen=True)
class Layer:
    """A convolution with the affine step after it folded in."""

    weight: Float[Tensor, "o i k k"]
    bias: Float[Tensor, " o"]

    @classmethod
    def folded(
        cls, weight: Float[Tensor, "o i k k"], bias: Float[Tensor, " o"], scale: Float[Tensor, " o"], offset: Float[Tensor, " o"]
    ) -> "Layer":
        """One convolution for scale * (weight x + bias) + offset."""
        return cls((weight * scale[:, None, None, None]).contiguous(), bias * scale + offset)


@dataclass(frozen=True)
class Block:
    """Two convolutions beside a shortcut; `down` halves the size: the first steps by two, the shortcut averages."""

    first: Layer
    second: Layer
    down: bool


@dataclass(frozen=True)
class ResnetWeights:
    """Stem, blocks and the last linear layer (weight d x c, bias d)."""

    stem: Layer
    blocks: tuple[Block, ...]
    weight: Float[Tensor, "d c"]
    bias: Float[Tensor, " d"]


class DlibResnet(nn.Module):
    """Pixels minus `mean` over `scale` (both in bytes), stem, blocks, mean over places, linear layer.

    A shortcut that is smaller or has fewer channels than its block is filled up with zeros at the end, and so is a smaller block.
    """

    mean: Tensor

    def __init__(self, weights: ResnetWeights, mean: tuple[float, float, float], scale: float) -> None:
        super().__init__()
        self.register_buffer("mean", torch.tensor(mean)[:, None, None], persistent=False)
        self.scale = scale
        self.stem = _Frozen(weights.stem)
        self.blocks = nn.ModuleList(_FrozenBlock(block) for block in weights.blocks)
        self.last = _Frozen(Layer(weights.weight[:, :, None, None], weights.bias))

    def forward(self, images: Float[Tensor, "b 3 h w"]) -> Float[Tensor, "b d"]:
        """RGB in [0, 1]."""
        hidden = (images * 255 - self.mean) / self.scale
        hidden = functional.max_pool2d(functional.relu(self.stem(hidden, stride=2)), kernel_size=3, stride=2)
        for block in self.blocks:
            hidden = block(hidden)
        return self.last(hidden.mean(dim=(2, 3), keepdim=True))[:, :, 0, 0]


class _Frozen(nn.Module):
    weight: Tensor
    bias: Tensor

    def __init__(self, layer: Layer) -> None:
        super().__init__()
        for field in fields(layer):
            self.register_buffer(field.name, getattr(layer, field.name), persistent=False)

    def forward(self, x: Tensor, stride: int = 1, padding: int = 0) -> Tensor:
        return functional.conv2d(x, self.weight, self.bias, stride, padding)


class _FrozenBlock(nn.Module):
    def __init__(self, block: Block) -> None:
        super().__init__()
        self.first, self.second, self.down = _Frozen(block.first), _Frozen(block.second), block.down

    def forward(self, x: Tensor) -> Tensor:
        inner = functional.relu(self.first(x, stride=2) if self.down else self.first(x, padding=1))
        inner = self.second(inner, padding=1)
        return functional.relu(_sum(inner, functional.avg_pool2d(x, 2) if self.down else x))


def _sum(a: Tensor, b: Tensor) -> Tensor:
    """Of two tensors, each filled up with zeros at the end of an axis where the other is longer."""
    shape = [max(pair) for pair in zip(a.shape[1:], b.shape[1:], strict=True)]
    a, b = (functional.pad(x, [n for k in (2, 1, 0) for n in (0, shape[k] - x.shape[1 + k])]) for x in (a, b))
    return a + b
