"""The residual network of our own writing against the ONNX reference, and its gradients against finite differences."""

import numpy as np
import onnx
import pytest
import torch
from onnx import TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator

from hiface_pl.errors import AssetError
from hiface_pl.perception.dlib_resnet import DlibResnet
from hiface_pl.perception.onnx_weights import resnet_weights

SIDE, CLASSES = 40, 5


def small_graph(last: str = "Softmax") -> onnx.ModelProto:
    """Stem to 4 channels, a plain block, a halving block to 6 channels whose convolution comes out smaller than the shortcut."""
    rng = np.random.default_rng(0)
    nodes, values = [], []

    def constant(name, shape, low=-0.3, high=0.3):
        values.append(numpy_helper.from_array(rng.uniform(low, high, shape).astype(np.float32), name))
        return name

    def layer(source, name, channels, kernel, stride=1, pad=0):
        weight, bias = constant(f"{name}w", (channels[1], channels[0], kernel, kernel)), constant(f"{name}b", (channels[1],))
        nodes.append(helper.make_node("Conv", [source, weight, bias], [f"{name}c"], strides=[stride] * 2, pads=[pad] * 4))
        scale, offset = constant(f"{name}s", (1, channels[1], 1, 1), 0.5, 1.5), constant(f"{name}o", (1, channels[1], 1, 1))
        nodes.append(helper.make_node("Mul", [f"{name}c", scale], [f"{name}m"]))
        nodes.append(helper.make_node("Add", [f"{name}m", offset], [name]))
        return name

    def step(kind, sources, name, **options):
        nodes.append(helper.make_node(kind, sources, [name], **options))
        return name

    def pads(name, *numbers):
        values.append(numpy_helper.from_array(np.array([0, 0, 0, 0, *numbers], dtype=np.int64), name))
        return name

    stem = step("MaxPool", [step("Relu", [layer("images", "a", (3, 4), 7, 2)], "ar")], "ap", kernel_shape=[3, 3], strides=[2, 2])
    inner = layer(step("Relu", [layer(stem, "b", (4, 4), 3, 1, 1)], "br"), "d", (4, 4), 3, 1, 1)
    plain = step("Relu", [step("Add", [inner, stem], "e")], "er")
    inner = layer(step("Relu", [layer(plain, "f", (4, 6), 3, 2)], "fr"), "g", (6, 6), 3, 1, 1)
    shortcut = step("AveragePool", [plain], "h", kernel_shape=[2, 2], strides=[2, 2])
    shortcut = step("Pad", [shortcut, pads("p", 0, 2, 0, 0)], "hp")
    inner = step("Pad", [inner, pads("q", 0, 0, 1, 1)], "gp")
    down = step("Relu", [step("Add", [shortcut, inner], "i")], "ir")
    flat = step("Flatten", [step("GlobalAveragePool", [down], "j")], "k")
    step("Gemm", [flat, constant("lw", (6, CLASSES)), constant("lb", (CLASSES,))], "logits")
    step(last, ["logits"], "out")
    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in ("images", "out")]
    graph = helper.make_graph(nodes, "small", ends[:1], ends[1:], values)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)])


@pytest.fixture(scope="module")
def network() -> DlibResnet:
    return DlibResnet(resnet_weights(small_graph().SerializeToString()), (120.0, 110.0, 100.0), 256.0)


def images(count: int = 2, dtype: torch.dtype = torch.float32) -> torch.Tensor:
    return torch.rand(count, 3, SIDE, SIDE, generator=torch.Generator().manual_seed(0), dtype=dtype)


def test_agrees_with_the_reference(network):
    pixels = (images().numpy() * 255 - np.array([120.0, 110.0, 100.0])[:, None, None]) / 256
    expected = ReferenceEvaluator(small_graph()).run(None, {"images": pixels.astype(np.float32)})[0]
    np.testing.assert_allclose(network(images()).softmax(dim=1).numpy(), expected, atol=1e-6)


def test_gradients_reach_the_pixels_and_no_weight(network):
    assert list(network.parameters()) == []
    double = DlibResnet(resnet_weights(small_graph().SerializeToString()), (120.0, 110.0, 100.0), 256.0).double()
    assert torch.autograd.gradcheck(double, images(1, torch.float64).requires_grad_(), fast_mode=True)


def test_graphs_of_another_kind_are_refused():
    with pytest.raises(AssetError, match="'Sigmoid'"):
        resnet_weights(small_graph("Sigmoid").SerializeToString())
    with pytest.raises(AssetError, match="not an ONNX file"):
        resnet_weights(b"\xff\xff\xff")
