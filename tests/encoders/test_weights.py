from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from skimage import data
from torch.nn.functional import interpolate

from hiface_pl.encoders.weights import (
    EfficientNetLite0Package,
    ImageNetHub,
    Scratch,
    WeightsFile,
    checkpoint_follows,
    image_statistics,
    read_tensors,
)
from hiface_pl.errors import AssetError, ConfigError

SMALL = "tf_efficientnet_lite0"


class Opener:
    """An object whose unpickling would create a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self):
        return (Path.touch, (self.path,))


def test_the_packaged_network_knows_a_cat() -> None:
    package = EfficientNetLite0Package()
    network = package.create(SMALL).eval()
    tensors = list(read_tensors(package._file()).values())
    cat = interpolate(torch.from_numpy(data.chelsea())[:, 75:375].permute(2, 0, 1)[None] / 255, size=(224, 224), mode="area")
    mean, std = image_statistics(network)
    with torch.no_grad():
        classes = network((cat - mean) / std) @ tensors[-2].T + tensors[-1]
    assert set(classes[0].topk(3).indices.tolist()) == {281, 282, 285}  # tabby, tiger cat, Egyptian cat


def test_batch_norm_follows_quickly() -> None:
    norms = [module for module in Scratch().create(SMALL).modules() if isinstance(module, torch.nn.BatchNorm2d)]
    assert norms
    assert all(module.momentum == 0.1 for module in norms)


def test_weights_of_another_network_are_refused() -> None:
    with pytest.raises(ConfigError, match="resnet18"):
        EfficientNetLite0Package().create("resnet18")


def test_unknown_backbone_is_named_with_known_ones() -> None:
    with pytest.raises(ConfigError, match=r"resnet500.*resnet50"):
        Scratch().create("resnet500")


def test_weights_that_cannot_be_fetched_say_what_to_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def offline(*args: object, **options: object) -> torch.nn.Module:
        if options.get("pretrained"):
            raise OSError("no route to host")
        return torch.nn.Identity()

    monkeypatch.setattr("timm.create_model", offline)
    with pytest.raises(AssetError, match=r"cannot be fetched \(no route to host\).*WeightsFile"):
        ImageNetHub().create("resnet50")


def test_a_checkpoint_spares_the_fetch(monkeypatch: pytest.MonkeyPatch) -> None:
    with checkpoint_follows():
        network = WeightsFile(Path("missing.pth")).create(SMALL)
    assert network.num_features == 1280
    with pytest.raises(AssetError, match=r"missing\.pth"):
        WeightsFile(Path("missing.pth")).create(SMALL)


@pytest.mark.parametrize("suffix", [".pth", ".safetensors"])
def test_weights_file_round_trip(tmp_path: Path, suffix: str) -> None:
    made = Scratch().create(SMALL)
    path = tmp_path / f"weights{suffix}"
    state = {name: tensor.contiguous() for name, tensor in made.state_dict().items()}
    (save_file if suffix == ".safetensors" else torch.save)(state, path)
    read = WeightsFile(path).create(SMALL)
    assert all(torch.equal(a, b) for a, b in zip(made.state_dict().values(), read.state_dict().values(), strict=True))


def test_weights_file_of_another_size_is_refused(tmp_path: Path) -> None:
    state = Scratch().create(SMALL).state_dict()
    state["conv_stem.weight"] = torch.zeros(3)
    torch.save(state, tmp_path / "odd.pth")
    with pytest.raises(ConfigError, match=r"conv_stem\.weight"):
        WeightsFile(tmp_path / "odd.pth").create(SMALL)


def test_a_file_that_would_run_code_is_refused(tmp_path: Path) -> None:
    torch.save({"weight": Opener(tmp_path / "ran")}, tmp_path / "bad.pth")
    with pytest.raises(AssetError, match="plain tensors"):
        WeightsFile(tmp_path / "bad.pth").create(SMALL)
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("suffix", [".pth", ".safetensors"])
def test_garbage_is_refused(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"garbage{suffix}"
    path.write_bytes(b"not a weights file")
    with pytest.raises(AssetError, match="garbage"):
        read_tensors(path)
