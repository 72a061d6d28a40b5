"""What `init_from` starts a training with, and what it says where that cannot be."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

import hiface_pl.reconstructor
from hiface_pl.errors import CheckpointError, ConfigError
from hiface_pl.reconstructor import Reconstructor
from hiface_pl.training.checkpoint import ReconstructorRecord
from hiface_pl.training.loading import load_reconstructor, read_stored
from hiface_pl.training.starts.base import Part, StartingPoint
from hiface_pl.training.starts.from_shipped import FromShipped
from hiface_pl.training.weight_file import write_weight_file
from tests.training.conftest import Run
from tests.training.suite import tiny_face_assets
from tests.training.weights import random_weights

ROW = ("--init_from", "hiface_pl.training.starts.from_row.FromRow", "--init_from.row")
WHOLE = ("--init_from.parts", '[{"source": "encoder", "target": "encoder"}]')
BOTH = ("--init_from.parts", '[{"source": "encoder", "target": "encoder.fine"}, {"source": "encoder", "target": "encoder.coarse"}]')
ENCODER = "reconstructor.encoder."


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hiface_pl.reconstructor, "face_assets", tiny_face_assets)


@pytest.fixture
def network(small: None) -> Reconstructor:
    return random_weights().network()


@pytest.fixture
def file(small: None, tmp_path: Path) -> Path:
    return write_weight_file(random_weights(), tmp_path / "weights.safetensors").path


def newest(tmp_path: Path, name: str) -> Path:
    return max((tmp_path / "runs" / name).glob("fit-*"), key=lambda path: path.stat().st_mtime_ns)


def weights(folder: Path) -> dict[str, torch.Tensor]:
    return torch.load(folder / "checkpoints" / "last.ckpt", weights_only=True)["state_dict"]


def test_a_row_starts_from_another_row_of_its_folder(run: Run, tmp_path: Path) -> None:
    assert run("fit", "--name", "first", "--trainer.max_steps", 3) == 0
    before = weights(newest(tmp_path, "first"))
    assert run("fit", "--name", "second", "--trainer.max_steps", 1, "--model.optimizer.lr", 0.0, *ROW, "first", *WHOLE) == 0
    after = weights(newest(tmp_path, "second"))
    assert before[f"{ENCODER}head.weight"].abs().max() > 0
    assert torch.equal(after[f"{ENCODER}head.weight"], before[f"{ENCODER}head.weight"])
    assert not torch.equal(after["reconstructor.age_head.layers.0.weight"], before["reconstructor.age_head.layers.0.weight"])


def test_a_frozen_coarse_shape_stays_that_of_the_row_and_comes_back_from_the_checkpoint(run: Run, tmp_path: Path) -> None:
    assert run("fit", "--name", "first", "--trainer.max_steps", 3) == 0
    before = weights(newest(tmp_path, "first"))
    frozen = ("--model.reconstructor.frozen_coarse", "true", "--name", "second", "--trainer.max_steps", 3)
    assert run("fit", *frozen, *ROW, "first", *BOTH) == 0
    folder = newest(tmp_path, "second")
    after = weights(folder)
    assert torch.equal(after[f"{ENCODER}coarse.head.weight"], before[f"{ENCODER}head.weight"])
    assert not torch.equal(after[f"{ENCODER}fine.head.weight"], before[f"{ENCODER}head.weight"])
    loaded = load_reconstructor(folder / "checkpoints" / "last.ckpt")
    assert torch.equal(loaded.encoder.coarse.head.weight, before[f"{ENCODER}head.weight"])
    assert run("fit", *frozen, "--trainer.max_steps", 4, *ROW, "nothing", *BOTH, "--ckpt_path", folder / "checkpoints" / "last.ckpt") == 0


def test_a_frozen_coarse_shape_needs_a_trained_one(run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("fit", "--model.reconstructor.frozen_coarse", "true") == 2
    assert "keeps the coarse shape of a trained network, and none is named: give one under init_from" in capsys.readouterr().err
    assert not (tmp_path / "runs").exists()


def test_a_row_that_was_not_trained_is_named_with_its_command(run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("fit", *ROW, "hiface_c", *WHOLE) == 2
    command = f"`hiface-pl fit --config experiments/table1/hiface_c.yaml --scale paper --runs {tmp_path / 'runs'}`"
    assert f"there is no trained hiface_c under {tmp_path / 'runs'} to start from: train it first with {command}" in capsys.readouterr().err
    assert run("fit", *ROW, "hiface_e", *WHOLE) == 2
    assert "there is no row hiface_e: did you mean hiface_" in capsys.readouterr().err
    assert not (tmp_path / "runs").exists()


def test_a_checkpoint_wins_over_the_command_line_in_weights_only(run: Run, tmp_path: Path) -> None:
    """Settings come from files and flags, never from the checkpoint."""
    assert run("fit", "--trainer.max_steps", 2) == 0
    first = newest(tmp_path, "tiny") / "checkpoints" / "last.ckpt"
    assert run("fit", "--trainer.max_steps", 3, "--model.losses.age.weight", 0.5, "--ckpt_path", first) == 0
    assert "weight: 0.5" in (newest(tmp_path, "tiny") / "config.yaml").read_text()


def test_only_the_named_parts_are_taken(network: Reconstructor, file: Path) -> None:
    stored = read_stored(file)
    for parameter in network.parameters():
        torch.nn.init.zeros_(parameter)
    StartingPoint(file, (Part("encoder", "encoder"),)).fill(network)
    assert torch.equal(network.encoder.head.weight, stored.weights["encoder.head.weight"])
    assert all((value == 0).all() for name, value in network.named_parameters() if not name.startswith("encoder."))


def test_parts_that_do_not_fit_and_other_face_models_are_refused(network: Reconstructor, file: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"no part encoder\.fine"):
        StartingPoint(file, (Part("encoder", "encoder.fine"),)).fill(network)
    with pytest.raises(CheckpointError, match=r"shape of .* does not fit encoder"):
        StartingPoint(file, (Part("shape", "encoder"),)).fill(network)
    stored = read_stored(file)
    record = replace(stored.record, face_model="another", fingerprint="0" * 16)
    assert isinstance(record, ReconstructorRecord)
    other = write_weight_file(replace(stored, record=record), tmp_path / "other.safetensors").path
    with pytest.raises(CheckpointError, match=r"belongs to the face model another .* name the same face model"):
        StartingPoint(other, (Part("encoder", "encoder"),)).fill(network)


def test_the_shipped_network_is_a_start(tmp_path: Path) -> None:
    assert FromShipped([]).path(tmp_path, "mini").name == "mini.safetensors"
