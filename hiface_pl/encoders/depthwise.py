"""Depth-wise convolution whose weight gradient is fast on CPUs."""

from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.autograd import Function
from torch.autograd.function import once_differentiable
from typing_extensions import override

SLOW = 5
"""From this kernel size on, oneDNN's gradient of depth-wise weights falls off its fast path: eight times slower than ours at 5 x 5."""


class DepthwiseConv2d(nn.Conv2d):
    """`nn.Conv2d` with as many groups as channels and without a bias; the same results, but for rounding in the weight gradient.

    Our choice: on CPUs in float32, that gradient comes from a compiled kernel of our own, 10 % of a training step of EfficientNet-lite0.
    """

    @override
    def _conv_forward(self, input: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        learning = torch.is_grad_enabled() and weight.requires_grad and weight.shape[-1] >= SLOW
        if not learning or input.device.type != "cpu" or torch.is_autocast_enabled("cpu") or input.dtype != torch.float32:
            return super()._conv_forward(input, weight, bias)
        return _Depthwise.apply(input, weight, self.stride[0], int(self.padding[0]))


def weight_gradient(
    images: Float[Tensor, "b c h w"], gradient: Float[Tensor, "b c h2 w2"], kernel: int, stride: int, padding: int
) -> Float[Tensor, "c 1 k k"]:
    """The gradient of the weights of a depth-wise convolution from its input and the gradient of its output, on a CPU."""
    from hiface_pl.encoders.depthwise_kernel import accumulate  # noqa: PLC0415 - a compiler, which only training needs

    result = torch.empty(images.shape[1], kernel, kernel)
    inputs, changes = (values.permute(0, 2, 3, 1).contiguous().numpy() for values in (images, gradient))
    accumulate(inputs, changes, result.numpy(), stride, padding)
    return result[:, None]


class _Depthwise(Function):
    @staticmethod
    def forward(ctx: Any, images: Tensor, weight: Tensor, stride: int, padding: int) -> Tensor:
        ctx.save_for_backward(images, weight)
        ctx.stride, ctx.padding = stride, padding
        return nn.functional.conv2d(images, weight, None, stride, padding, groups=len(weight))

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, Tensor, None, None]:
        images, weight = ctx.saved_tensors
        back: Tensor | None = None
        if ctx.needs_input_grad[0]:
            settings = ([ctx.stride] * 2, [ctx.padding] * 2, [1, 1], False, [0, 0], len(weight))
            back = torch.ops.aten.convolution_backward(gradient, images, weight, None, *settings, [True, False, False])[0]
        return back, weight_gradient(images, gradient, weight.shape[-1], ctx.stride, ctx.padding), None, None
