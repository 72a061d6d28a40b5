"""Every YAML is parsed, and trains two steps on the tiny face model."""

from pathlib import Path
from typing import Any

import pytest
import yaml

import hiface_pl.losses.detected_landmark
import hiface_pl.reconstructor
from hiface_pl.cli.composition import compose
from hiface_pl.cli.main import main
from tests.data.fakes import fake_meta, fake_store
from tests.data.photos.fakes import fake_photos
from tests.training.suite import HERE, tiny_face_assets, tiny_places

FOLDER = Path(__file__).parents[2] / "experiments"
FULL, MINI = FOLDER / "full.yaml", FOLDER / "scale" / "mini.yaml"
RUNNABLE = {
    "base.yaml": (FULL,),
    "full.yaml": (FULL,),
    "scale/mini.yaml": (FULL, MINI),
    "scale/bf16.yaml": (FULL, MINI, FOLDER / "scale" / "bf16.yaml"),
    "shipped/coarse.yaml": (FOLDER / "shipped" / "coarse.yaml",),
    "shipped/detail.yaml": (FOLDER / "shipped" / "detail.yaml",),
    "shipped/finish.yaml": (FOLDER / "shipped" / "finish.yaml",),
    "logger/csv.yaml": (FULL, MINI, FOLDER / "logger" / "csv.yaml"),
    "logger/panels.yaml": (FULL, MINI, FOLDER / "logger" / "panels.yaml"),
    "logger/wandb.yaml": (FULL, MINI, FOLDER / "logger" / "wandb.yaml"),
}
"""The files on a command line that covers each YAML but rows, and what lies beneath these, which test_rows.py runs."""
SMALL = [
    *(
        "--trainer.accelerator",
        "cpu",
        "--trainer.devices",
        1,
        "--trainer.strategy",
        "auto",
        "--trainer.max_steps",
        2,
        "--trainer.log_every_n_steps",
        1,
    ),
    *("--trainer.val_check_interval", 1, "--trainer.check_val_every_n_epoch", 1, "--trainer.limit_val_batches", 1),
    *("--data.batch_size", 2, "--data.workers", 0, "--data.image_size", 32, "--model.reconstructor.image_size", 32),
    *("--model.reconstructor.face_model", f"{HERE}.TinyFace", "--data.photos_share", 0.5),
    *("--name", "full"),
]


def small_encoder(content: dict[str, Any]) -> list[object]:
    """Flags that let the configuration's encoder start from nothing and find few points."""
    arguments = content["model"]["reconstructor"]["encoder"]["init_args"]
    place = "--model.reconstructor.encoder" + (".coarse" if "coarse" in arguments else "")
    flags: list[object] = [f"{place}.weights", "hiface_pl.encoders.weights.Scratch"]
    if content["model"]["losses"].get("recognition"):
        flags += ["--model.losses.recognition.network", f"{HERE}.TinyIdentity"]
    if content["model"]["losses"].get("dense_landmark"):
        flags += [f"{place}.landmarks", 80, "--model.losses.dense_landmark.points", 80]
    return flags


@pytest.fixture
def stores(tmp_path: Path) -> list[str]:
    paths = {split: fake_store(tmp_path / split, fake_meta(count=4, image_size=32, split=split)) for split in ("train", "val", "test")}
    paths |= {name: fake_photos(tmp_path / name, 3, 32) for name in ("photos", "photos_val")}
    return [text for name, path in paths.items() for text in (f"--data.{name}", str(path))]


def every_yaml() -> list[str]:
    others = sorted(path.relative_to(FOLDER) for path in FOLDER.rglob("*.yaml") if path.parent.name not in {"table1", "matrix"})
    return [str(path) for path in others if path.name != "paper.yaml"]


def test_every_yaml_is_run_here() -> None:
    assert set(every_yaml()) == set(RUNNABLE)


def short(files: tuple[Path, ...], tmp_path: Path) -> list[str]:
    """The files, and one more that makes geometry pre-training short where there is any, and starts from no other training."""
    content = compose([f"--config={file}" for file in files]).content
    callbacks = [callback for callback in content["trainer"].get("callbacks") or [] if not callback["class_path"].endswith("StartFrom")]
    for callback in callbacks:
        if callback["class_path"].endswith("GeometryPretraining"):
            settings = {"steps": 2, "batch": 8, "learning_rate": 1.0e-3, "pool": 32}
            callback["init_args"] = {
                "settings": {"class_path": "hiface_pl.training.geometry_pretraining.GeometrySettings", "init_args": settings}
            }
    brief = tmp_path / "brief.yaml"
    brief.write_text(yaml.safe_dump({"trainer": {"callbacks": callbacks}}))
    return [text for file in (*files, brief) for text in ("--config", str(file))]


@pytest.mark.parametrize("name", sorted(set(RUNNABLE) - {"base.yaml"}))
def test_two_steps(name: str, tmp_path: Path, stores: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hiface_pl.reconstructor, "face_assets", tiny_face_assets)
    monkeypatch.setattr(hiface_pl.losses.detected_landmark, "landmark_places", tiny_places)
    monkeypatch.delenv("HIFACE_RUN_FOLDER", raising=False)
    files = RUNNABLE[name]
    content = compose([f"--config={file}" for file in files]).content
    flags = [str(text) for text in (*SMALL, *small_encoder(content))]
    assert main(["fit", *short(files, tmp_path), *flags, *stores, "--runs", str(tmp_path / "runs")]) == 0
    (folder,) = (tmp_path / "runs" / "full").iterdir()
    assert (folder / "checkpoints" / "last.ckpt").is_file()
    assert "train/static" in (folder / "metrics.csv").read_text().splitlines()[0]
    assert (folder / "wandb").is_dir() == (name == "logger/wandb.yaml")
    assert (folder / "faces" / "step-000002.png").is_file() == (name in {"logger/wandb.yaml", "logger/panels.yaml"})


def test_full_is_the_set_up_of_the_paper() -> None:
    content = compose(["--config", str(FULL)]).content
    trainer, losses = content["trainer"], content["model"]["losses"]
    assert trainer["devices"] * content["data"]["init_args"]["batch_size"] == 320
    assert (trainer["max_epochs"], trainer["strategy"]) == (35, "ddp")
    assert content["model"]["optimizer"] == {"class_path": "torch.optim.Adam", "init_args": {"lr": 1e-4, "fused": True}}
    assert content["model"]["reconstructor"]["encoder"]["init_args"]["backbone"] == "resnet50"
    weights = {name: term["init_args"]["weight"] for name, term in losses.items() if term}
    detail = dict.fromkeys(("static", "compressed", "stretched"), 10.0)
    others = {"vertex": 1.0, "divergence": 1.0, "photometric": 1.0, "landmark": 0.5, "age": 1.0, "regularisation": 1e-3}
    assert weights == detail | others | {"recognition": 0.1, "detected_landmark": 0.5}
    data = content["data"]["init_args"]
    assert (data["photos"], data["photos_share"]) == ("data/photos224/train", pytest.approx(2 / 3, abs=1e-3))


def test_without_data_the_command_that_makes_it_is_named(tmp_path: Path, capsys, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    without_assets = ["--model.losses.recognition", "null", "--model.losses.detected_landmark", "null"]
    assert main(["fit", "--config", str(FULL), "--trainer.accelerator", "cpu", "--trainer.devices", "1", *without_assets]) == 2
    message = capsys.readouterr().err.splitlines()[-1]
    assert "hiface-pl data synth --count 200000 --image-size 224" in message
    assert "small" in message


def test_mini_takes_nothing_from_the_encoder_that_it_replaces() -> None:
    content = compose(["--config", str(FULL), "--config", str(MINI)]).content
    assert "backbone" not in content["model"]["reconstructor"]["encoder"]["init_args"]
    assert content["model"]["optimizer"]["init_args"] == {"lr": 1e-3, "weight_decay": 1e-4, "fused": True}


def test_without_the_networks_that_look_at_photos_their_command_is_named(
    tmp_path: Path, stores: list[str], capsys, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HIFACE_HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    small = ["--data.image_size", "32", "--model.reconstructor.image_size", "32"]
    small += ["--model.reconstructor.encoder.weights", "hiface_pl.encoders.weights.Scratch"]  # ImageNet weights need a network
    assert main(["fit", "--config", str(FULL), "--trainer.accelerator", "cpu", "--trainer.devices", "1", *small, *stores]) == 2
    message = capsys.readouterr().err.splitlines()[-1]
    assert "the identity network (L_id) needs" in message
    assert "`hiface-pl assets get perception`" in message
