"""A tiny reconstructor with random weights as it would come from a file."""

from dataclasses import replace
from pathlib import Path

import torch

from hiface_pl.details.sd_detail import SDDetail
from hiface_pl.reconstructor import Reconstructor
from hiface_pl.rendering.renderer import Renderer
from hiface_pl.shapes.linear import LinearShape
from hiface_pl.training.checkpoint import ReconstructorRecord
from hiface_pl.training.probe import take_probe
from hiface_pl.training.stored import StoredReconstructor
from tests.losses.faces import SIZE
from tests.training.suite import HERE, TinyEncoder, TinyFace

CONFIG = {
    "class_path": "hiface_pl.reconstructor.Reconstructor",
    "init_args": {
        "face_model": {"class_path": f"{HERE}.TinyFace"},
        "encoder": {"class_path": f"{HERE}.TinyEncoder", "init_args": {"gain": 0.5}},
        "shape": {"class_path": "hiface_pl.shapes.linear.LinearShape"},
        "detail": {"class_path": "hiface_pl.details.sd_detail.SDDetail", "init_args": {"hidden": [8]}},
        "renderer": {"class_path": "hiface_pl.rendering.renderer.Renderer"},
        "image_size": SIZE,
    },
}


def random_weights() -> StoredReconstructor:
    """Seven steps of no training. Needs the tiny face assets in the place of the derived ones."""
    torch.manual_seed(0)
    network = Reconstructor(TinyFace(), TinyEncoder(0.5), LinearShape(), SDDetail(hidden=(8,)), Renderer(), SIZE)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.normal_(std=0.05)
    record = ReconstructorRecord.of(CONFIG, network.assets.model)
    weights = {name: value.clone() for name, value in network.state_dict().items()}
    return replace(
        StoredReconstructor(Path("memory"), record, weights, step=7, training={"steps": 7}),
        probe=take_probe(network.eval()),
    )
