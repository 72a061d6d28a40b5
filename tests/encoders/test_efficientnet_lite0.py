import subprocess
import sys

import pytest
import timm
import torch

from hiface_pl.encoders.efficientnet_lite0 import EfficientNetLite0
from hiface_pl.encoders.landmark import frozen_until
from hiface_pl.encoders.weights import EfficientNetLite0Package, image_statistics

NAME = "tf_efficientnet_lite0"


@pytest.fixture(scope="module")
def ours() -> EfficientNetLite0:
    return EfficientNetLite0Package().create(NAME).eval()


@pytest.fixture(scope="module")
def theirs(ours: EfficientNetLite0) -> torch.nn.Module:
    network = timm.create_model(NAME, pretrained=False, num_classes=0)
    network.load_state_dict(ours.state_dict())
    return network.to(memory_format=torch.channels_last).eval()


@pytest.mark.parametrize("size", [64, 75])
def test_it_computes_what_timm_does(ours: EfficientNetLite0, theirs: torch.nn.Module, size: int) -> None:
    image = torch.rand(2, 3, size, size, generator=torch.Generator().manual_seed(0)).contiguous(memory_format=torch.channels_last)
    with torch.no_grad():
        for indices in ([1, 2, 3, 4], [0, 4]):
            (last, maps), (their_last, their_maps) = (net.forward_intermediates(image, indices=indices) for net in (ours, theirs))
            for mine, other in zip([last, *maps], [their_last, *their_maps], strict=True):
                torch.testing.assert_close(mine, other, rtol=1e-5, atol=1e-5)
        torch.testing.assert_close(ours(image), theirs(image), rtol=1e-5, atol=1e-5)
        torch.testing.assert_close(ours.forward_head(last), theirs.forward_head(their_last), rtol=1e-5, atol=1e-5)


def test_training_moves_the_same_statistics(ours: EfficientNetLite0, theirs: torch.nn.Module) -> None:
    mine, other = EfficientNetLite0().train(), timm.create_model(NAME, pretrained=False, num_classes=0).train()
    mine.load_state_dict(ours.state_dict())
    other.load_state_dict(ours.state_dict())
    image = torch.rand(2, 3, 32, 32, generator=torch.Generator().manual_seed(1))
    for network in (mine, other):
        network(image).square().mean().backward()
    for (name, a), b in zip(mine.state_dict().items(), other.state_dict().values(), strict=True):
        torch.testing.assert_close(a, b, msg=name)
    for (name, a), b in zip(mine.named_parameters(), other.parameters(), strict=True):
        torch.testing.assert_close(a.grad, b.grad, rtol=1e-3, atol=1e-6, msg=name)


def test_encoders_see_the_same_levels_layers_and_statistics(ours: EfficientNetLite0, theirs: torch.nn.Module) -> None:
    assert [(level["reduction"], level["num_chs"], level["module"]) for level in ours.feature_info] == [
        (level["reduction"], level["num_chs"], level["module"]) for level in theirs.feature_info
    ]
    assert ours.head_hidden_size == theirs.head_hidden_size
    for a, b in zip(image_statistics(ours), image_statistics(theirs), strict=True):
        assert torch.equal(a, b)
    for network in (mine := EfficientNetLite0(), other := timm.create_model(NAME, num_classes=0)):
        frozen_until(network, 4)
    assert [name for name, p in mine.named_parameters() if p.requires_grad] == [n for n, p in other.named_parameters() if p.requires_grad]


def test_it_needs_no_timm() -> None:
    script = "import sys; from hiface_pl.encoders.weights import EfficientNetLite0Package as P; "
    script += f"P().create('{NAME}'); print('timm' in sys.modules, 'torchvision' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.strip() == "False False"
