"""Reads the weights of a face-api network: a JSON manifest and one file of bytes, most tensors as 8-bit steps between two values."""

import json
import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from hiface_pl.errors import AssetError
from hiface_pl.perception.dlib_resnet import Block, Layer, ResnetWeights


def read_tensors(manifest: bytes, content: bytes) -> dict[str, Tensor]:
    """The tensors by name, float32, in the shapes of the file (filters: rows, columns, inputs, outputs). Raises AssetError."""
    tensors, place = {}, 0
    try:
        for entry in json.loads(manifest)[0]["weights"]:
            values, place = _read(entry, content, place)
            tensors[entry["name"]] = torch.from_numpy(values)
    except (KeyError, IndexError, ValueError, TypeError) as error:
        raise AssetError(
            f"the identity network's weights cannot be read ({error}): fetch them again with `hiface-pl assets get face-api`"
        ) from error
    if place != len(content):
        raise AssetError("the identity network's weights have another length than their manifest says: fetch the asset face-api again")
    return tensors


def resnet_weights(tensors: Mapping[str, Tensor]) -> ResnetWeights:
    """The recognition network's tensors as the layers of a `DlibResnet`. A block's name ends in `_down` where it halves the size."""
    names = dict.fromkeys(name.split("/")[0] for name in tensors if "/conv1/" in name)
    blocks = tuple(Block(_layer(tensors, f"{name}/conv1"), _layer(tensors, f"{name}/conv2"), "_down" in name) for name in names)
    weight = tensors["fc"].T.contiguous()
    return ResnetWeights(_layer(tensors, "conv32_down"), blocks, weight, weight.new_zeros(len(weight)))


def _layer(tensors: Mapping[str, Tensor], name: str) -> Layer:
    weight = tensors[f"{name}/conv/filters"].permute(3, 2, 0, 1)
    scale, offset = tensors[f"{name}/scale/weights"], tensors[f"{name}/scale/biases"]
    return Layer.folded(weight, tensors[f"{name}/conv/bias"], scale, offset)


def _read(entry: Mapping[str, Any], content: bytes, place: int) -> tuple[np.ndarray, int]:
    """One tensor and where the next one starts."""
    steps = entry.get("quantization")
    kind = np.dtype(steps["dtype"] if steps else entry["dtype"])
    count = math.prod(entry["shape"])
    values = np.frombuffer(content, kind, count, place).astype(np.float32)
    if steps:
        values = values * np.float32(steps["scale"]) + np.float32(steps["min"])
    return values.reshape(entry["shape"]), place + count * kind.itemsize
