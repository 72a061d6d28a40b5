"""What each command imports, and no more: every heavy package is seconds that a user waits."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import hiface_pl.reconstructor
from hiface_pl.cli.main import TRAINING_VERBS, VERBS
from hiface_pl.data.store import SampleStore
from hiface_pl.details.sd_detail import SDDetail
from hiface_pl.encoders.landmark import LandmarkEncoder
from hiface_pl.encoders.weights import EfficientNetLite0Package
from hiface_pl.reconstructor import Reconstructor
from hiface_pl.rendering.renderer import Renderer
from hiface_pl.shapes.linear import LinearShape
from hiface_pl.training.checkpoint import ReconstructorRecord
from hiface_pl.training.probe import take_probe
from hiface_pl.training.stored import StoredReconstructor
from hiface_pl.training.weight_file import write_weight_file
from tests.data.fakes import fake_store
from tests.inference.faces import TinyModel
from tests.tiny import tiny_assets

LIGHT = {"numpy", "torch", "rich", "yaml", "cv2", "scipy", "numba", "jsonargparse"}
"""What commands need that do something, and help does not."""
TRAINING = {"lightning", "torchmetrics", "wandb", "timm", "torchvision", "torch._dynamo", "matplotlib", "pandas", "ray", "pytorch3d"}
"""What only training needs, or nobody."""
SMALL_USE = {"scipy.ndimage", "scipy.special", "scipy.spatial", "skimage.transform._warps", "torch.onnx", "torch._inductor"}
"""Slow to import for the one function that a photo would need of them."""
AT_EXPORT = {"trimesh", "networkx"}
"""What only reading other people's meshes needs."""
ENCODER = {"landmarks": 80, "width": 16, "hidden": 32}
CONFIG = {
    "class_path": "hiface_pl.reconstructor.Reconstructor",
    "init_args": {
        "face_model": {"class_path": "tests.inference.faces.TinyModel"},
        "encoder": {
            "class_path": "hiface_pl.encoders.landmark.LandmarkEncoder",
            "init_args": ENCODER | {"weights": {"class_path": "hiface_pl.encoders.weights.EfficientNetLite0Package"}},
        },
        "shape": {"class_path": "hiface_pl.shapes.linear.LinearShape"},
        "detail": {"class_path": "hiface_pl.details.sd_detail.SDDetail"},
        "renderer": {"class_path": "hiface_pl.rendering.renderer.Renderer"},
        "image_size": 64,
    },
}
SCRIPT = """
import json, sys
from hiface_pl.cli.main import main
{before}
code = main(json.loads(sys.argv[1]))
print(json.dumps([code, sorted(sys.modules)]))
"""
ON_TINY_FACES = """
import hiface_pl.reconstructor
from tests.tiny import tiny_assets
hiface_pl.reconstructor.face_assets = lambda model: tiny_assets()
"""


def modules_of(*words: object, before: str = "") -> set[str]:
    """The modules in a process of its own after one command."""
    command = [sys.executable, "-c", SCRIPT.format(before=before), json.dumps([str(word) for word in words])]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=Path(__file__).parents[2])
    code, modules = json.loads(done.stdout.splitlines()[-1])
    assert code == 0, done.stderr
    return set(modules)


@pytest.mark.parametrize("words", [["--help"], ["--version"], *([verb, "--help"] for verb in (*TRAINING_VERBS, *VERBS))])
def test_help_needs_the_standard_library_alone(words: list[str]) -> None:
    modules = modules_of(*words)
    assert not modules & (LIGHT | TRAINING | AT_EXPORT)
    assert len(modules) < 200


def test_showing_samples_needs_no_torch(tmp_path: Path) -> None:
    store = fake_store(tmp_path / "store")
    assert len(SampleStore(store)) > 0
    modules = modules_of("data", "show", store, "--out", tmp_path / "faces.png", "--count", 2)
    assert not modules & (TRAINING | AT_EXPORT | {"torch", "numba", "scipy", "jsonargparse"})
    assert len(modules) < 600


def test_converting_a_face_model_needs_no_torch(tmp_path: Path) -> None:
    modules = modules_of("face-model", "convert", "open", "--out", tmp_path / "model.npz")
    assert not modules & (TRAINING | AT_EXPORT | {"torch"})


@pytest.fixture
def weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An untrained network of the mini scale's parts on the tiny face model."""
    monkeypatch.setattr(hiface_pl.reconstructor, "face_assets", lambda _model: tiny_assets())
    encoder = LandmarkEncoder(EfficientNetLite0Package(), **ENCODER)
    network = Reconstructor(TinyModel(), encoder, LinearShape(), SDDetail(), Renderer(), 64).eval()
    record = ReconstructorRecord.of(CONFIG, network.assets.model)
    return write_weight_file(
        StoredReconstructor(tmp_path, record, network.state_dict(), take_probe(network)), tmp_path / "w.safetensors"
    ).path


def test_reconstructing_needs_nothing_of_training(weights: Path, tmp_path: Path) -> None:
    photo = tmp_path / "wall.png"
    Image.fromarray(np.full((120, 160, 3), 128, np.uint8)).save(photo)
    options = ["--checkpoint", weights, "--out", tmp_path / "out", "--box", "40,30,60,60"]
    modules = modules_of("reconstruct", photo, *options, before=ON_TINY_FACES)
    assert not modules & (TRAINING | AT_EXPORT | SMALL_USE | {"lmdb", "av"})
    assert "torch" in modules
    assert len(modules) < 2300
