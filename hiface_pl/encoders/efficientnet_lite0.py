"""EfficientNet-lite0 in plain PyTorch, for programs that have to start fast: timm takes two seconds to import.

Layers, names and arithmetic are those of timm's `tf_efficientnet_lite0`, so weights fit both. After Tan and Le, "EfficientNet" (2019), in
its lite form: inverted residual blocks without squeeze-and-excitation, clipped at 6, with TensorFlow's padding.
"""

from collections.abc import Sequence
from typing import Any, ClassVar, NamedTuple

from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.functional import pad, relu6
from typing_extensions import override

from hiface_pl.encoders.depthwise import DepthwiseConv2d

EPSILON = 1e-3
STEM, HEAD = 32, 1280


class Stage(NamedTuple):
    """`blocks` blocks of `channels` channels; the first one has the stride, all widen their input by `expansion` inside."""

    blocks: int
    kernel: int
    stride: int
    expansion: int
    channels: int


STAGES = (
    Stage(1, 3, 1, 1, 16),
    Stage(2, 3, 2, 6, 24),
    Stage(2, 5, 2, 6, 40),
    Stage(3, 3, 2, 6, 80),
    Stage(3, 5, 1, 6, 112),
    Stage(4, 5, 2, 6, 192),
    Stage(1, 3, 1, 6, 320),
)


class EfficientNetLite0(nn.Module):
    """RGB images in [-1, 1] to 1280 pooled numbers; with the attributes of a timm backbone that encoders use."""

    head_hidden_size = num_features = HEAD
    pretrained_cfg: ClassVar[dict[str, Any]] = {"mean": (0.5, 0.5, 0.5), "std": (0.5, 0.5, 0.5)}

    def __init__(self) -> None:
        super().__init__()
        self.conv_stem = SameConv2d(3, STEM, 3, 2)
        self.bn1 = ClippedNorm(STEM)
        self.blocks = nn.Sequential()
        self.feature_info: list[dict[str, Any]] = []
        width, reduction = STEM, 2
        for number, stage in enumerate(STAGES):
            self.blocks.append(_stage(stage, width))
            width, reduction = stage.channels, reduction * stage.stride
            if number + 1 == len(STAGES) or STAGES[number + 1].stride > 1:
                self.feature_info.append({"reduction": reduction, "num_chs": width, "module": f"blocks.{number}"})
        self.conv_head = nn.Conv2d(width, HEAD, 1, bias=False)
        self.bn2 = ClippedNorm(HEAD)

    def forward(self, image: Float[Tensor, "b 3 h w"]) -> Float[Tensor, "b 1280"]:
        """Pooled features."""
        last, _ = self.forward_intermediates(image, [])
        return self.forward_head(last)

    def forward_intermediates(
        self, image: Float[Tensor, "b 3 h w"], indices: Sequence[int]
    ) -> tuple[Float[Tensor, "b 1280 h2 w2"], list[Tensor]]:
        """The last map, and those of `feature_info` that `indices` name, fine to coarse."""
        wanted = {self.feature_info[index]["module"] for index in indices}
        features, kept = self.bn1(self.conv_stem(image)), []
        for number, stage in enumerate(self.blocks):
            features = stage(features)
            if f"blocks.{number}" in wanted:
                kept.append(features)
        return self.bn2(self.conv_head(features)), kept

    def forward_head(self, last: Float[Tensor, "b 1280 h w"]) -> Float[Tensor, "b 1280"]:
        """The last map, averaged over the image."""
        return last.mean(dim=(2, 3))


class ClippedNorm(nn.BatchNorm2d):
    """Batch normalisation, then clipping to [0, 6]."""

    def __init__(self, channels: int) -> None:
        super().__init__(channels, eps=EPSILON)

    @override
    def forward(self, input: Tensor) -> Tensor:
        return relu6(super().forward(input), inplace=True)


class SameConv2d(nn.Conv2d):
    """Strided convolution padded as TensorFlow does it: the odd pixel goes to the right and to the bottom."""

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int, groups: int = 1) -> None:
        super().__init__(inputs, outputs, kernel, stride, groups=groups, bias=False)

    @override
    def forward(self, input: Tensor) -> Tensor:
        kernel, stride = self.kernel_size[0], self.stride[0]
        missing = [max((-(-side // stride) - 1) * stride + kernel - side, 0) for side in (input.shape[-1], input.shape[-2])]
        return super().forward(pad(input, [part for total in missing for part in (total // 2, total - total // 2)]))


class SameDepthwiseConv2d(SameConv2d, DepthwiseConv2d):
    """The strided one of the depth-wise convolutions."""


class SeparableBlock(nn.Module):
    """Depth-wise, then point-wise convolution."""

    def __init__(self, inputs: int, kernel: int, outputs: int) -> None:
        super().__init__()
        self.conv_dw = _depthwise(inputs, kernel, 1)
        self.bn1 = ClippedNorm(inputs)
        self.conv_pw = nn.Conv2d(inputs, outputs, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs, eps=EPSILON)

    def forward(self, features: Tensor) -> Tensor:
        """Without a shortcut."""
        result: Tensor = self.bn2(self.conv_pw(self.bn1(self.conv_dw(features))))
        return result


class InvertedResidual(nn.Module):
    """Wide inside: point-wise up, depth-wise, point-wise down; with a shortcut where the sizes agree."""

    def __init__(self, inputs: int, kernel: int, stride: int, expansion: int, outputs: int) -> None:
        super().__init__()
        width = inputs * expansion
        self.conv_pw = nn.Conv2d(inputs, width, 1, bias=False)
        self.bn1 = ClippedNorm(width)
        self.conv_dw = _depthwise(width, kernel, stride)
        self.bn2 = ClippedNorm(width)
        self.conv_pwl = nn.Conv2d(width, outputs, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(outputs, eps=EPSILON)
        self.shortcut = stride == 1 and inputs == outputs

    def forward(self, features: Tensor) -> Tensor:
        """The block's output, plus its input where there is a shortcut."""
        result: Tensor = self.bn3(self.conv_pwl(self.bn2(self.conv_dw(self.bn1(self.conv_pw(features))))))
        return result + features if self.shortcut else result


def _depthwise(channels: int, kernel: int, stride: int) -> nn.Conv2d:
    if stride > 1:
        return SameDepthwiseConv2d(channels, channels, kernel, stride, groups=channels)
    return DepthwiseConv2d(channels, channels, kernel, padding=kernel // 2, groups=channels, bias=False)


def _stage(stage: Stage, inputs: int) -> nn.Sequential:
    if stage.expansion == 1:
        return nn.Sequential(SeparableBlock(inputs, stage.kernel, stage.channels))
    first = InvertedResidual(inputs, stage.kernel, stage.stride, stage.expansion, stage.channels)
    rest = [InvertedResidual(stage.channels, stage.kernel, 1, stage.expansion, stage.channels) for _ in range(stage.blocks - 1)]
    return nn.Sequential(first, *rest)
