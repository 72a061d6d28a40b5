from pathlib import Path

import pytest

import hiface_pl.reconstructor
from hiface_pl.errors import CheckpointError
from hiface_pl.report.demo.candidate import Candidate, cost_of
from hiface_pl.training.training_record import TrainingRecord
from hiface_pl.training.weight_file import write_weight_file
from tests.training.suite import tiny_face_assets
from tests.training.weights import random_weights


def test_a_file_tells_what_its_training_cost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hiface_pl.reconstructor, "face_assets", tiny_face_assets)
    path = write_weight_file(random_weights(), tmp_path / "mini.safetensors").path
    candidate = Candidate.of_file("shipped", "shipped with the package", path)
    assert candidate.cost == "trained on an unknown number of faces in 7 steps"
    assert candidate.network().encoder.gain == 0.5
    assert candidate.network() is candidate.network()
    with pytest.raises(CheckpointError):
        Candidate.of_file("also", "nothing", tmp_path / "nothing.safetensors")


def test_what_is_known_of_a_cost_is_told() -> None:
    record = TrainingRecord(steps=3200, distinct_images=100_000, cpu_seconds=11_400.4)
    assert cost_of(record) == "trained on 100,000 faces in 3,200 steps (11,400 CPU-s)"
