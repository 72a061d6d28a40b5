"""A suite of stand-ins that trains in milliseconds: tiny face model, linear encoder, random samples."""

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import lightning
import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

from hiface_pl.data.order import EpochOrder, EvenShares
from hiface_pl.data.resumable import ResumableData, ResumableLoader
from hiface_pl.encoders.base import Encoder
from hiface_pl.encoders.coefficient_heads import CoefficientVector, zero_linear
from hiface_pl.errors import StoreError
from hiface_pl.face_models.face_assets import FaceAssets
from hiface_pl.face_models.face_model import FaceModel, SurfacePoints
from hiface_pl.face_models.landmark_places import LandmarkPlaces
from hiface_pl.face_models.source import FaceModelSource
from hiface_pl.perception.embedder import Embedder
from hiface_pl.perception.face_chip import ChipLayout
from hiface_pl.types import Encoded, FaceBatch
from tests.losses.faces import SIZE, batch_of
from tests.tiny import tiny_assets, tiny_model

HERE = "tests.training.suite"


class TinyFace(FaceModelSource):
    """The tiny face model; `seed` makes another one."""

    def __init__(self, seed: int = 0) -> None:
        self.seed = seed

    def load(self) -> FaceModel:
        return tiny_model(self.seed)


class TinyEncoder(Encoder):
    """One linear layer from pixels."""

    def __init__(self, gain: float = 1.0) -> None:
        super().__init__()
        self.gain = gain

    def bind(self, assets: FaceAssets) -> None:
        self.vector = CoefficientVector(assets)
        self.head = zero_linear(3 * SIZE * SIZE, self.vector.sizes.total)

    def forward(self, image: torch.Tensor) -> Encoded:
        return Encoded(self.vector(self.gain * self.head(image.flatten(1))))


class OtherEncoder(TinyEncoder):
    """The same under another name."""


class DropoutEncoder(TinyEncoder):
    """Draws from the global generators in every step of a training; not from Python's, from which the tests' type checker draws too."""

    def forward(self, image: torch.Tensor) -> Encoded:
        if self.training:
            image = nn.functional.dropout(image, 0.3) * float(np.random.uniform(0.9, 1.1))  # noqa: NPY002
        return super().forward(image)


class NanEncoder(TinyEncoder):
    """Fails from the first step on."""

    def forward(self, image: torch.Tensor) -> Encoded:
        return super().forward(image * float("nan"))


class StoppedEarly(lightning.Callback):
    """Is told to stop while it works, before the first batch, as a geometry pre-training may be."""

    def on_fit_start(self, trainer: lightning.Trainer, pl_module: lightning.LightningModule) -> None:
        os.kill(os.getpid(), signal.SIGTERM)


class Slow(lightning.Callback):
    """Takes its time for every step but the first."""

    def __init__(self, seconds: float = 20) -> None:
        self.seconds = seconds

    def on_train_batch_start(self, trainer: lightning.Trainer, pl_module: lightning.LightningModule, batch: object, batch_idx: int) -> None:
        if trainer.global_step:
            time.sleep(self.seconds)


class TinyFaces(ResumableData):
    """`samples` random faces; `folder` has to exist where it is given; `signum` (Ctrl-C) comes `interrupt_after` so many were read."""

    def __init__(
        self,
        samples: int = 8,
        batch_size: int = 4,
        folder: Path | None = None,
        interrupt_after: int | None = None,
        signum: int = int(signal.SIGINT),
        workers: int = 0,
    ) -> None:
        super().__init__()
        self.samples, self.batch_size, self.folder = samples, batch_size, folder
        self.interrupt, self.workers = (interrupt_after, signum), workers

    def setup(self, stage: str) -> None:
        if self.folder is not None and not self.folder.exists():
            raise StoreError(f"there is no train store {self.folder}: make it with `hiface-pl data synth --out {self.folder}`")

    def new_order(self) -> EpochOrder:
        return EpochOrder(self.samples, self.batch_size, 0, self.rank, self.world)

    def train_dataloader(self) -> DataLoader:
        return ResumableLoader(Indices(self.samples, *self.interrupt), self.train_order(), samples_of, self.workers)

    def val_dataloader(self) -> DataLoader:
        shares = EvenShares(self.samples, self.batch_size, self.rank, self.world)
        return ResumableLoader(Indices(self.samples, *self.interrupt), shares, samples_of, self.workers)

    def test_dataloader(self) -> DataLoader:
        return DataLoader(Indices(self.samples), batch_size=self.batch_size, collate_fn=samples_of)

    predict_dataloader = test_dataloader


class Indices(Dataset):
    def __init__(self, count: int, interrupt_after: int | None = None, signum: int = 0) -> None:
        self.count, self.read, self.interrupt_after, self.signum = count, 0, interrupt_after, signum

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, index: int) -> int:
        self.read += 1
        if self.read == self.interrupt_after:
            os.kill(os.getpid(), self.signum)
        return index


def samples_of(indices: list[int]) -> FaceBatch:
    return batch_of(tiny_assets(), len(indices), seed=indices[0])


def parameters_of(path: Path) -> Iterator[nn.Parameter]:
    yield from torch.load(path, weights_only=True)["state_dict"].values()


class TinyIdentity(Embedder):
    """Stands in for a face recognition network of 128 numbers."""

    layout = ChipLayout(8, 0.2)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return images.flatten(1)[:, :128] + 0.1


def tiny_places(model: FaceModel) -> LandmarkPlaces:
    """468 points spread over the tiny face, the first 36 of which are the border."""
    vertices = np.random.default_rng(0).integers(0, len(model.mean), (468, 3)).astype(np.int32)
    points = SurfacePoints(vertices, np.tile(np.float32([0.5, 0.3, 0.2]), (468, 1)))
    return LandmarkPlaces(points, np.zeros(468, np.float32), np.arange(468) < 36, np.zeros((468, 3), np.float32))


def tiny_face_assets(model: FaceModel) -> FaceAssets:
    """Stands in for what takes seconds on a real model: everything derived from one of the tiny models."""
    known = {tiny_assets(seed).model.fingerprint: seed for seed in (0, 1)}
    return tiny_assets(known[model.fingerprint])


CONFIG = f"""
seed_everything: 1
name: tiny
trainer:
  accelerator: cpu
  max_epochs: 2
  enable_model_summary: false
  num_sanity_val_steps: 0
  log_every_n_steps: 1
  logger:
    - class_path: lightning.pytorch.loggers.CSVLogger
      init_args: {{save_dir: runs}}
  callbacks: []
model:
  reconstructor:
    face_model: {{class_path: {HERE}.TinyFace}}
    encoder: {{class_path: {HERE}.TinyEncoder}}
    shape: {{class_path: hiface_pl.shapes.linear.LinearShape}}
    detail: {{class_path: hiface_pl.details.sd_detail.SDDetail, init_args: {{hidden: [8]}}}}
    renderer: {{class_path: hiface_pl.rendering.renderer.Renderer}}
  losses:
    identity: {{class_path: hiface_pl.losses.spanned.IdentityLoss}}
    static: {{class_path: hiface_pl.losses.detail.StaticDetailLoss, init_args: {{weight: 1.0}}}}
    age: {{class_path: hiface_pl.losses.age.AgeLoss}}
  optimizer: {{class_path: torch.optim.Adam, init_args: {{lr: 0.001}}}}
data:
  class_path: {HERE}.TinyFaces
"""


def write_config(folder: Path) -> Path:
    """The configuration above in a file, with its runs under `folder`."""
    path = folder / "tiny.yaml"
    path.write_text(CONFIG + f"runs: {folder / 'runs'}\n")
    return path
