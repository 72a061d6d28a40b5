"""What the shipped network has to be, as soon as it is there."""

import json
import tomllib
from dataclasses import replace
from fnmatch import fnmatch
from importlib.metadata import version
from pathlib import Path

import pytest
import torch

from hiface_pl.errors import CheckpointError
from hiface_pl.face_models.derive import VERSION as BASES
from hiface_pl.face_models.open_face import OpenFace
from hiface_pl.pretrained import SHIPPED, shipped_model
from hiface_pl.training.stored import StoredReconstructor
from hiface_pl.training.training_record import TrainingRecord
from hiface_pl.training.weight_file import model_card, read_weight_file

LARGEST = 13_000_000
there = pytest.mark.skipif(not SHIPPED.exists(), reason=f"{SHIPPED.name} IS NOT IN THIS CHECKOUT: the shipped network is not tested")


@pytest.fixture
def stored() -> StoredReconstructor:
    return read_weight_file(shipped_model())


def test_its_absence_is_told_in_one_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("hiface_pl.pretrained.SHIPPED", tmp_path / "mini.safetensors")
    with pytest.raises(CheckpointError, match=r"comes without its trained network .* name one with --checkpoint"):
        shipped_model()


def test_both_files_travel_with_the_package() -> None:
    root = Path(__file__).parents[2]
    patterns = tomllib.loads((root / "pyproject.toml").read_text())["tool"]["setuptools"]["package-data"]["hiface_pl"]
    for path in (SHIPPED, SHIPPED.with_suffix(".json")):
        assert any(fnmatch(str(path.relative_to(root / "hiface_pl")), pattern) for pattern in patterns), path


@there
def test_it_is_small_and_halved(stored: StoredReconstructor) -> None:
    assert SHIPPED.stat().st_size < LARGEST
    assert {value.dtype for value in stored.weights.values() if value.dim() > 1} == {torch.float16}


@there
def test_it_belongs_to_this_face_model_and_these_bases(stored: StoredReconstructor) -> None:
    assert stored.record.fingerprint == OpenFace().load().fingerprint
    assert stored.record.bases == BASES
    assert stored.record.package == version("hiface-pl")


@there
def test_it_says_its_licence_and_its_training(stored: StoredReconstructor) -> None:
    assert stored.record.licence.strip()
    training = TrainingRecord.from_dict(stored.training)
    for name in ("steps", "samples_seen", "distinct_images", "cpu_seconds", "commit", "date", "commands", "scores"):
        assert getattr(training, name), f"{name} is unknown: export it again with --facts or --scores"
    assert json.loads(SHIPPED.with_suffix(".json").read_text()) == model_card(stored)


@there
def test_it_still_computes_what_it_did(stored: StoredReconstructor) -> None:
    assert stored.probe
    network = stored.network()
    assert not network.training
    with pytest.raises(CheckpointError, match="computes something else"):
        replace(stored, weights={name: 1.02 * value for name, value in stored.weights.items()}).network()
