"""Reads a residual network of dlib's kind from an ONNX graph: its steps must be those that `DlibResnet` takes."""

from collections.abc import Mapping
from itertools import takewhile

import onnx
import torch
from google.protobuf.message import DecodeError
from onnx import numpy_helper
from torch import Tensor

from hiface_pl.errors import AssetError
from hiface_pl.perception.dlib_resnet import Block, Layer, ResnetWeights

_STEM = ["Conv", "Mul", "Add", "Relu", "MaxPool"]
_INNER = ["Conv", "Mul", "Add", "Relu", "Conv", "Mul", "Add"]
_SHORTCUTS = [[], ["AveragePool"], ["AveragePool", "Pad"], ["AveragePool", "Pad", "Pad"]]
_END = ["GlobalAveragePool", "Flatten", "Gemm", "Softmax"]


def resnet_weights(content: bytes) -> ResnetWeights:
    """The layers of the graph, whose last step is a softmax. Raises AssetError where the graph is not such a network."""
    try:
        graph = onnx.load_from_string(content).graph
    except DecodeError as error:
        raise AssetError(f"the age network is not an ONNX file ({error}): fetch it again with `hiface-pl assets get age`") from error
    tensors = {item.name: torch.from_numpy(numpy_helper.to_array(item).copy()) for item in graph.initializer}
    return _Walk(list(graph.node), tensors).weights()


class _Walk:
    """Takes the nodes from the front, in the order of the graph."""

    def __init__(self, nodes: list[onnx.NodeProto], tensors: Mapping[str, Tensor]) -> None:
        self._left, self._tensors = nodes, tensors

    def weights(self) -> ResnetWeights:
        stem = self._layers(_STEM)[0]
        blocks = []
        while self._kinds(1) == ["Conv"]:
            blocks.append(self._block())
        gemm = self._left[2]
        self._take(_END)
        weight, bias = self._tensors[gemm.input[1]], self._tensors[gemm.input[2]]
        by_rows = any(attribute.name == "transB" and attribute.i for attribute in gemm.attribute)
        return ResnetWeights(stem, tuple(blocks), weight if by_rows else weight.T.contiguous(), bias)

    def _block(self) -> Block:
        first, second = self._layers(_INNER)
        shortcut = list(takewhile(lambda kind: kind != "Add", self._kinds(len(self._left))))
        if shortcut not in _SHORTCUTS:
            raise AssetError(f"the age network has the steps {shortcut} beside a block, which is not known: fetch the asset age again")
        self._take(shortcut)
        self._take(["Add", "Relu"])
        return Block(first, second, down=bool(shortcut))

    def _layers(self, kinds: list[str]) -> list[Layer]:
        nodes = self._take(kinds)
        return [self._layer(*nodes[k : k + 3]) for k in range(len(kinds)) if kinds[k] == "Conv"]

    def _layer(self, convolution: onnx.NodeProto, scaling: onnx.NodeProto, adding: onnx.NodeProto) -> Layer:
        weight, bias = (self._tensors[name] for name in convolution.input[1:])
        return Layer.folded(weight, bias, self._tensors[scaling.input[1]].flatten(), self._tensors[adding.input[1]].flatten())

    def _take(self, kinds: list[str]) -> list[onnx.NodeProto]:
        found = self._kinds(len(kinds))
        if found != kinds:
            raise AssetError(f"the age network has the steps {found} where {kinds} were expected: fetch the asset age again")
        taken, self._left = self._left[: len(kinds)], self._left[len(kinds) :]
        return taken

    def _kinds(self, count: int) -> list[str]:
        return [node.op_type for node in self._left[:count]]
