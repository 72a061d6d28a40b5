"""The compiled dual tangents and slopes against the plain ones, values and gradients."""

import pytest
import torch

from hiface_pl.rendering.detail_normals import DualTangents, Slopes
from tests.tiny import MAP, tiny_assets


@pytest.mark.parametrize("kind", [DualTangents, Slopes])
def test_compiled_and_plain_agree(kind: type) -> None:
    module = kind()
    module.bind(tiny_assets())
    module.double()
    generator = torch.Generator().manual_seed(0)
    inputs = torch.randn(3, 1, MAP, MAP, generator=generator, dtype=torch.float64)
    if kind is DualTangents:
        mean = torch.from_numpy(tiny_assets().model.mean).double()
        inputs = mean + 0.3 * torch.randn(3, *mean.shape, generator=generator, dtype=torch.float64)
        inputs[1, :, 1] = 1e-3 * inputs[1, :, 1] + inputs[1, :, 0]  # crushed: P_u and P_v are nearly parallel
        inputs[2] *= 1e-6  # and so small that the least area counts
    inputs.requires_grad_()
    outputs = module(inputs), module.in_torch(inputs)
    torch.testing.assert_close(*outputs)
    assert outputs[0].abs().max() > 0
    upstream = torch.randn(outputs[0].shape, generator=generator, dtype=torch.float64)
    upstream[:, ::2] = 0 if kind is DualTangents else upstream[:, ::2]  # what no pixel saw
    torch.testing.assert_close(*(torch.autograd.grad((output * upstream).sum(), inputs)[0] for output in outputs), rtol=1e-6, atol=1e-6)


def test_threads_change_nothing() -> None:
    tangents = DualTangents()
    tangents.bind(tiny_assets())
    vertices = torch.from_numpy(tiny_assets().model.mean)[None].repeat(3, 1, 1).requires_grad_()
    before, results = torch.get_num_threads(), []
    for threads in (1, 3):
        torch.set_num_threads(threads)
        output = tangents(vertices)
        results.append((output, torch.autograd.grad(output.square().sum(), vertices)[0]))
    torch.set_num_threads(before)
    for one, many in zip(*results, strict=True):
        assert torch.equal(one, many)
