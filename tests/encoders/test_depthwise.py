import pytest
import torch
from torch import nn

from hiface_pl.encoders.depthwise import DepthwiseConv2d, _Depthwise


@pytest.mark.parametrize(("channels", "side", "stride", "padding"), [(70, 6, 1, 2), (64, 11, 2, 0), (3, 5, 1, 0), (130, 4, 1, 2)])
def test_gradients_are_those_of_the_plain_convolution(channels: int, side: int, stride: int, padding: int) -> None:
    torch.manual_seed(0)
    plain = nn.Conv2d(channels, channels, 5, stride, padding, groups=channels, bias=False)
    ours = DepthwiseConv2d(channels, channels, 5, stride, padding, groups=channels, bias=False)
    ours.load_state_dict(plain.state_dict())
    images = torch.randn(3, channels, side, side).contiguous(memory_format=torch.channels_last)
    results = []
    for layer in (plain, ours):
        seen = images.clone().requires_grad_()
        found = layer(seen)
        (found * torch.linspace(-1, 1, found.numel()).view_as(found)).sum().backward()
        results.append((found.detach(), seen.grad, layer.weight.grad))
    for one, other in zip(*results, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-4)


def test_only_large_kernels_that_learn_take_the_compiled_way() -> None:
    layer, images = DepthwiseConv2d(4, 4, 5, padding=2, groups=4, bias=False), torch.rand(1, 4, 8, 8)
    assert type(layer(images).grad_fn).__name__ == f"{_Depthwise.__name__}Backward"
    with torch.autocast("cpu", torch.bfloat16):
        assert layer(images).dtype == torch.bfloat16
    layer.requires_grad_(requires_grad=False)
    assert layer(images).grad_fn is None
    small = DepthwiseConv2d(4, 4, 3, padding=1, groups=4, bias=False)
    assert type(small(images).grad_fn).__name__ == "ConvolutionBackward0"
