"""Every row of the comparison trains two steps on the tiny face model, at both scales, with the terms that it says."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch

import hiface_pl.losses.detected_landmark
import hiface_pl.reconstructor
from hiface_pl.cli.composition import SCALES, compose
from hiface_pl.cli.main import main
from hiface_pl.cli.resolving import Resolver
from hiface_pl.matrix.leaves import same
from hiface_pl.matrix.rows import EXPERIMENTS, ROOT, row_file
from hiface_pl.pretrained import shipped_model
from hiface_pl.training.weight_file import read_weight_file
from tests.data.fakes import fake_meta, fake_store
from tests.data.photos.fakes import fake_photos
from tests.training.suite import HERE, tiny_face_assets, tiny_places

ROWS = sorted(path.stem for folder in (EXPERIMENTS / "table1", ROOT / "ablations") for path in folder.glob("*.yaml"))
FROZEN = ("hiface_d_wo_static", "hiface_d_wo_dynamic", "wo_static", "wo_dynamic")
WITHOUT_LABELS = {"photometric", "regularisation", "recognition", "detected_landmark", "age"}
OF_PHOTOS = {"recognition", "detected_landmark"}
SMALL = {
    "trainer.accelerator": "cpu",
    "trainer.devices": 1,
    "trainer.strategy": "auto",
    "trainer.max_steps": 2,
    "trainer.log_every_n_steps": 1,
    "trainer.limit_val_batches": 0,
    "trainer.enable_progress_bar": False,
    "data.batch_size": 2,
    "data.photos_share": 0.5,
    "data.workers": 0,
    "data.image_size": 32,
    "model.reconstructor.image_size": 32,
    "model.reconstructor.face_model": f"{HERE}.TinyFace",
    "model.losses.recognition.network": f"{HERE}.TinyIdentity",
}
ENCODERS = {
    "paper": {"": {"weights": "hiface_pl.encoders.weights.Scratch", "backbone": "resnet10t"}},
    "mini": {"": {"widths": "[8, 8, 8, 8]", "hidden": 16}, ".coarse": {"weights": "hiface_pl.encoders.weights.Scratch", "landmarks": 80}},
}
"""Encoders that need no download and little time."""


@pytest.fixture(scope="session")
def stores(tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    folder = tmp_path_factory.mktemp("stores")
    splits = ("train", "val", "test")
    found = {f"data.{split}": fake_store(folder / split, fake_meta(count=4, image_size=32, split=split)) for split in splits}
    return found | {f"data.{name}": fake_photos(folder / name, 3, 32) for name in ("photos", "photos_val", "seen")}


@pytest.fixture
def fit(tmp_path: Path, stores: dict[str, object], monkeypatch: pytest.MonkeyPatch):
    """Trains a row and returns its newest folder."""
    monkeypatch.setattr(hiface_pl.reconstructor, "face_assets", tiny_face_assets)
    monkeypatch.setattr(hiface_pl.losses.detected_landmark, "landmark_places", tiny_places)

    def run(name: str, scale: str, **flags: object) -> Path:
        monkeypatch.delenv("HIFACE_RUN_FOLDER", raising=False)
        encoder = {
            f"model.reconstructor.encoder{part}.{key}": value for part, values in ENCODERS[scale].items() for key, value in values.items()
        }
        points = {"model.losses.dense_landmark.points": 80} if scale == "mini" else {}
        start = {} if name in FROZEN else {"init_from": "null"}
        given = SMALL | encoder | points | stores | start | flags | {"runs": tmp_path / "runs"}
        if content_of(name, scale)["data"]["init_args"]["photos"] is None:
            given |= {"data.photos": "null"}
        words = [word for key, value in given.items() for word in (f"--{key}", str(value))]
        assert main(["fit", "--config", str(row_file(name)), "--scale", scale, *words]) == 0
        return max((tmp_path / "runs" / name).iterdir())

    return run


def content_of(name: str, scale: str) -> dict[str, Any]:
    return compose(["--config", str(row_file(name)), "--scale", scale]).content


def terms_of(folder: Path, content: dict[str, Any]) -> set[str]:
    columns = (folder / "metrics.csv").read_text().splitlines()[0].split(",")
    return {column.removeprefix("train/") for column in columns if column.removeprefix("train/") in content["model"]["losses"]}


def weights_of(folder: Path) -> dict[str, torch.Tensor]:
    return torch.load(folder / "checkpoints" / "last.ckpt", weights_only=True)["state_dict"]


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("name", sorted(set(ROWS) - set(FROZEN)))
def test_two_steps(name: str, scale: str, fit) -> None:
    content = content_of(name, scale)
    folder = fit(name, scale)
    expected = {term for term, value in content["model"]["losses"].items() if value}
    if content["data"]["init_args"].get("hide_labels"):
        expected &= WITHOUT_LABELS
    if content["data"]["init_args"]["photos"] is None:
        expected -= OF_PHOTOS
    assert terms_of(folder, content) == expected
    assert content["name"] == name
    assert f"scale: {scale}\n" in (folder / "config.yaml").read_text()


@pytest.mark.parametrize("scale", SCALES)
def test_rows_on_a_frozen_coarse_shape_train_detail_alone(scale: str, fit) -> None:
    start = weights_of(fit("hiface_c", scale))
    before = {name.removeprefix("reconstructor.encoder."): value for name, value in start.items() if ".encoder." in name}
    for name in FROZEN:
        content = content_of(name, scale)
        after = weights_of(fit(name, scale))
        for key, value in before.items():
            assert torch.equal(after[f"reconstructor.encoder.coarse.{key}"], value), key
        assert any(not torch.equal(after[f"reconstructor.encoder.fine.{key}"], value) for key, value in before.items())
        assert content["model"]["reconstructor"]["frozen_coarse"]


@pytest.mark.parametrize("name", FROZEN)
def test_without_the_coarse_row_the_command_that_trains_it_is_named(name: str, tmp_path: Path, capsys, stores: dict[str, object]) -> None:
    words = [word for key, value in (SMALL | stores | {"runs": tmp_path / "runs"}).items() for word in (f"--{key}", str(value))]
    assert main(["fit", "--config", str(row_file(name)), "--scale", "mini", *words]) == 2
    message = capsys.readouterr().err.splitlines()[-1]
    assert "there is no trained hiface_c under" in message
    assert "`hiface-pl fit --config experiments/table1/hiface_c.yaml --scale mini --runs" in message
    assert not (tmp_path / "runs").exists()


def test_all_rows_of_the_paper_s_table_and_all_ablations_are_there() -> None:
    table = {"hiface_c_wo_syn", "hiface_c", "hiface_d_wo_syn", "hiface_d_wo_static", "hiface_d_wo_dynamic", "hiface_d"}
    losses = {"wo_shp", "wo_kl", "wo_detail", "wo_kd"}
    sources = {"synthetic_only", "wo_syn", "wo_static", "wo_dynamic"}
    assert set(ROWS) == table | losses | sources | {"sd1", "sd2", "sd3", "no_tension", "detached_tension", "anew"}


@pytest.mark.parametrize("name", ROWS)
def test_rows_are_short_and_begin_with_their_question(name: str) -> None:
    lines = row_file(name).read_text().splitlines()
    assert lines[0].startswith("# ")
    assert "?" in lines[0]
    assert 3 <= len(lines) <= 10


def test_the_shipped_network_is_built_like_the_rows_that_start_from_it() -> None:
    stored = json.loads(read_weight_file(shipped_model()).record.config)["init_args"]["encoder"]["init_args"]["reader"]
    found = Resolver().resolve(content_of("full", "mini"))
    assert same(found["model"]["reconstructor"]["encoder"], stored)
    parts = found["init_from"]["init_args"]["parts"]
    assert [part["target"] for part in parts] == ["encoder.coarse", "encoder.correct"]


def test_hiface_d_is_full() -> None:
    for scale in SCALES:
        full = content_of("full", scale)
        assert content_of("hiface_d", scale) | {"name": "full"} == full
