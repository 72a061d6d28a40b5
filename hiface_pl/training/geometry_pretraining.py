"""Trains a landmark encoder's geometry network before the first image: seconds without rendering instead of minutes with it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Float
from lightning.pytorch import Callback, LightningModule, Trainer
from rich.progress import Progress
from torch import Tensor
from torch.nn import Module
from typing_extensions import override

from hiface_pl.encoders.landmark import LandmarkEncoder
from hiface_pl.errors import ConfigError
from hiface_pl.face_models.face_assets import FaceAssets
from hiface_pl.losses.pose import pose_distance
from hiface_pl.losses.reduce import gram_matrix, quadratic_rms
from hiface_pl.training.geometry_samples import GeometrySample, GeometrySampler, PointNoise


@dataclass(frozen=True)
class GeometrySettings:
    """How long and on what the geometry network trains: `noise` is in image widths."""

    steps: int = 400
    batch: int = 512
    learning_rate: float = 4e-3
    noise: tuple[float, float] = (0.003, 0.02)
    pool: int = 16384


class GeometryLoss:
    """Identity and expression RMS over the face (mm) plus how far the pose moves the face's rim (mm): the units of the training losses."""

    def __init__(self, assets: FaceAssets) -> None:
        face = torch.from_numpy(assets.regions.face)
        self.identity = gram_matrix(torch.from_numpy(assets.model.identity_basis), face)
        self.expression = gram_matrix(torch.from_numpy(assets.model.expression_basis), face)

    def __call__(self, encoder: LandmarkEncoder, points: Float[Tensor, "b n 2"], sample: GeometrySample) -> Tensor:
        """The mean over the batch."""
        predicted = encoder.read_geometry(points)
        identity = quadratic_rms(predicted.identity - sample.identity, self.identity)
        expression = quadratic_rms(predicted.expression - sample.expression, self.expression)
        return (identity + expression + pose_distance(predicted.pose, sample.pose)).mean()


def train_geometry(encoder: LandmarkEncoder, assets: FaceAssets, settings: GeometrySettings, seed: int) -> Iterator[float]:
    """Trains `encoder.geometry` step by step and yields each step's loss, mm. The same seed gives the same weights."""
    sampler = GeometrySampler(assets, encoder.count, settings.pool, seed)
    noise = PointNoise(encoder.heat_maps.places.cpu(), settings.noise, seed)
    loss_of = GeometryLoss(assets)
    optimizer = torch.optim.AdamW(encoder.geometry.parameters(), lr=settings.learning_rate, weight_decay=1e-4)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, settings.learning_rate, total_steps=settings.steps + 1, pct_start=0.1)
    for _ in range(settings.steps):
        sample = sampler.draw(settings.batch)
        loss = loss_of(encoder, noise.add(sample.points), sample)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        yield float(loss.detach())


class GeometryPretraining(Callback):
    """Runs `train_geometry` when a fit starts from step 0; a resumed fit skips it. Our choice.

    With several processes the first one trains and the others take its weights: rounding may differ between machines.
    """

    def __init__(self, settings: GeometrySettings | None = None, seed: int = 0) -> None:
        self.settings = settings or GeometrySettings()
        self.seed = seed
        self.done = False

    @override
    def on_fit_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        if self.done:
            return
        encoder, assets = _parts(pl_module)
        if trainer.is_global_zero:
            self._train(encoder, assets)
        if trainer.world_size > 1:
            weights = {name: value.cpu() for name, value in encoder.geometry.state_dict().items()}
            encoder.geometry.load_state_dict(trainer.strategy.broadcast(weights))
        self.done = True

    @override
    def state_dict(self) -> dict[str, Any]:
        return {"done": self.done}

    @override
    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        self.done = bool(state_dict["done"])

    def _train(self, encoder: LandmarkEncoder, assets: FaceAssets) -> None:
        with Progress(transient=True) as progress:
            task = progress.add_task("geometry without images", total=self.settings.steps)
            for loss in train_geometry(encoder, assets, self.settings, self.seed):
                progress.update(task, advance=1, description=f"geometry without images, loss {loss:.2f} mm")


def _parts(module: LightningModule) -> tuple[LandmarkEncoder, FaceAssets]:
    """Encoder and face model of a module that trains a Reconstructor."""
    network = module.reconstructor
    encoder, assets = getattr(network, "encoder", None), getattr(network, "assets", None)
    inner = [part for part in encoder.modules() if isinstance(part, LandmarkEncoder)] if isinstance(encoder, Module) else []
    if len(inner) != 1 or not isinstance(assets, FaceAssets):
        raise ConfigError(
            f"geometry pre-training needs a LandmarkEncoder, the model has a {type(encoder).__name__}: "
            "take GeometryPretraining out of trainer.callbacks or choose that encoder"
        )
    return inner[0], assets
