from itertools import islice
from pathlib import Path

import numpy as np
import pytest
import torch
from lightning.pytorch import LightningModule, Trainer

from hiface_pl.data.crop import Crop
from hiface_pl.encoders.base import Encoder
from hiface_pl.encoders.landmark import LandmarkEncoder
from hiface_pl.encoders.pooled import PooledEncoder
from hiface_pl.encoders.weights import Scratch
from hiface_pl.errors import ConfigError
from hiface_pl.rendering.camera import project, to_camera
from hiface_pl.synthesis.placement import SHIFT, ZOOM
from hiface_pl.training.geometry_pretraining import GeometryPretraining, GeometrySettings, train_geometry
from hiface_pl.training.geometry_samples import GeometrySampler, PointNoise
from tests.tiny import tiny_assets

SETTINGS = GeometrySettings(steps=150, batch=64, pool=200)


def encoder() -> LandmarkEncoder:
    torch.manual_seed(0)
    made = LandmarkEncoder(Scratch(), backbone="mobilenetv3_small_050", landmarks=80, width=16, hidden=32, layers=2)
    made.bind(tiny_assets())
    return made


def module_of(network: Encoder) -> LightningModule:
    module = LightningModule()
    module.reconstructor = torch.nn.Module()
    module.reconstructor.encoder, module.reconstructor.assets = network, tiny_assets()
    return module


@pytest.fixture
def trainer(tmp_path: Path) -> Trainer:
    return Trainer(default_root_dir=tmp_path, accelerator="cpu", logger=False, enable_progress_bar=False, enable_model_summary=False)


def test_the_loss_falls_and_only_the_geometry_net_changes() -> None:
    network = encoder()
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    losses = list(train_geometry(network, tiny_assets(), SETTINGS, seed=0))
    assert np.mean(losses[-10:]) < 0.4 * np.mean(losses[:3])
    changed = {name.split(".")[0] for name, tensor in network.state_dict().items() if not torch.equal(tensor, before[name])}
    assert changed == {"geometry"}


def test_the_same_seed_gives_the_same_losses() -> None:
    first, second, other = (list(islice(train_geometry(encoder(), tiny_assets(), SETTINGS, seed), 5)) for seed in (3, 3, 4))
    assert first == second
    assert first != other


def test_samples_are_labelled_consistently_and_cropped_like_photos() -> None:
    assets = tiny_assets()
    sampler = GeometrySampler(assets, 75, pool=50, seed=1)
    sample = sampler.draw(40)
    surface = sampler.surface(sample.identity, sample.expression)
    torch.testing.assert_close(project(to_camera(surface, sample.pose)), sample.points, atol=1e-5, rtol=0)
    crops = [Crop.around(points[:68].numpy()) for points in sample.points]
    sides = np.array([crop.side for crop in crops])
    assert (sides > 1 / ZOOM[1] - 1e-3).all()
    assert (sides < 1 / ZOOM[0] + 1e-3).all()
    assert sides.std() > 0.05
    assert max(abs(crop.x - 0.5) for crop in crops) < SHIFT + 1e-3
    assert max(abs(crop.y - 0.5) for crop in crops) < SHIFT + 1e-3


def test_noise_has_the_sizes_asked_for_and_is_shared_by_neighbours() -> None:
    places = torch.cat([torch.rand(60, 2, generator=torch.Generator().manual_seed(0)), torch.tensor([[0.5, 0.5], [0.5, 0.501]])])
    errors = PointNoise(places, (0.01, 0.01)).add(torch.zeros(4000, 62, 2))
    assert float(errors.std()) == pytest.approx(0.01, rel=0.03)
    neighbours = torch.corrcoef(errors[:, 60:, 0].T)[0, 1]
    assert float(neighbours) == pytest.approx(0.5, abs=0.05)


def test_the_callback_trains_once_and_not_after_a_resume(trainer: Trainer) -> None:
    settings = GeometrySettings(steps=2, batch=8, pool=20)
    network = encoder()
    callback = GeometryPretraining(settings)
    callback.on_fit_start(trainer, module_of(network))
    after = network.geometry.out.weight.clone()
    assert after.any()
    resumed = GeometryPretraining(settings)
    resumed.load_state_dict(callback.state_dict())
    resumed.on_fit_start(trainer, module_of(network))
    assert torch.equal(network.geometry.out.weight, after)


def test_another_encoder_is_a_sentence(trainer: Trainer) -> None:
    with pytest.raises(ConfigError, match=r"PooledEncoder.*trainer.callbacks"):
        GeometryPretraining().on_fit_start(trainer, module_of(PooledEncoder(Scratch())))
