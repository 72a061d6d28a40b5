"""Quantised weights of the identity network's format."""

import json

import numpy as np
import pytest
import torch

from hiface_pl.errors import AssetError
from hiface_pl.perception.face_api_weights import read_tensors

STEPS = {"dtype": "uint8", "scale": 0.5, "min": -1.0}
MANIFEST = json.dumps(
    [
        {
            "weights": [
                {"name": "a", "shape": [2, 2], "dtype": "float32", "quantization": STEPS},
                {"name": "b", "shape": [2], "dtype": "float32"},
            ],
            "paths": ["x.bin"],
        }
    ]
).encode()
CONTENT = bytes([0, 1, 2, 255]) + np.array([0.25, -3.0], dtype="<f4").tobytes()


def test_steps_between_two_values():
    tensors = read_tensors(MANIFEST, CONTENT)
    assert torch.equal(tensors["a"], torch.tensor([[-1.0, -0.5], [0.0, 126.5]]))
    assert torch.equal(tensors["b"], torch.tensor([0.25, -3.0]))


@pytest.mark.parametrize(("manifest", "content"), [(MANIFEST, CONTENT[:-1]), (MANIFEST, CONTENT + b"x"), (b"[]", b""), (b"{", b"")])
def test_what_does_not_fit_is_refused(manifest, content):
    with pytest.raises(AssetError, match="identity network"):
        read_tensors(manifest, content)
