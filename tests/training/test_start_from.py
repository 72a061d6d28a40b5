"""Starting from parts of another training's network."""

from pathlib import Path

import lightning
import pytest
import torch
from torch import nn

from hiface_pl.errors import CheckpointError, ConfigError
from hiface_pl.training.checkpoint import ReconstructorRecord
from hiface_pl.training.start_from import StartFrom
from tests.tiny import tiny_model

TRAINER = lightning.Trainer(accelerator="cpu", logger=False, enable_checkpointing=False, enable_progress_bar=False)


class Inner(nn.Module):
    def __init__(self, size: int) -> None:
        super().__init__()
        self.coarse = nn.Linear(size, 1)


class Holder(nn.Module):
    def __init__(self, size: int) -> None:
        super().__init__()
        self.encoder = Inner(size)


class Module(lightning.LightningModule):
    def __init__(self, size: int = 3) -> None:
        super().__init__()
        self.reconstructor = Holder(size)


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    weights = {"reconstructor.encoder.weight": torch.full((1, 3), 2.0), "reconstructor.encoder.bias": torch.ones(1), "other": torch.ones(1)}
    path = tmp_path / "coarse.ckpt"
    torch.save({"state_dict": weights, ReconstructorRecord.KEY: ReconstructorRecord.of({}, tiny_model()).as_dict()}, path)
    return path


def test_the_part_takes_the_weights(checkpoint: Path) -> None:
    module = Module()
    StartFrom(checkpoint, "encoder", "encoder.coarse").setup(TRAINER, module, "fit")
    assert torch.equal(module.reconstructor.encoder.coarse.weight, torch.full((1, 3), 2.0))
    assert torch.equal(module.reconstructor.encoder.coarse.bias, torch.ones(1))


def test_other_verbs_keep_their_own_weights(checkpoint: Path) -> None:
    module = Module()
    before = module.reconstructor.encoder.coarse.weight.clone()
    StartFrom(checkpoint, "encoder", "encoder.coarse").setup(TRAINER, module, "test")
    assert torch.equal(module.reconstructor.encoder.coarse.weight, before)


def test_what_does_not_fit_or_is_not_there_is_refused(checkpoint: Path) -> None:
    with pytest.raises(CheckpointError, match=r"does not fit encoder\.coarse"):
        StartFrom(checkpoint, "encoder", "encoder.coarse").setup(TRAINER, Module(size=4), "fit")
    with pytest.raises(CheckpointError, match="Missing key"):
        StartFrom(checkpoint, "shape", "encoder.coarse").setup(TRAINER, Module(), "fit")
    with pytest.raises(ConfigError, match=r"no part encoder\.fine"):
        StartFrom(checkpoint, "encoder", "encoder.fine").setup(TRAINER, Module(), "fit")
