"""kill -9 at any moment: what is resumed ends with the checkpoint of an uninterrupted run, bit for bit."""

import json
import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

from hiface_pl.training.whole_checkpoint import damage
from tests.data.fakes import fake_meta, fake_store
from tests.data.photos.fakes import fake_photos
from tests.training.compare import differences
from tests.training.suite import HERE, write_config

LENGTH = ["--trainer.max_epochs", "-1", "--trainer.max_steps", "13", "--trainer.val_check_interval", "4"]
LENGTH += ["--trainer.check_val_every_n_epoch", "null", "--saving.every_steps", "3"]
LENGTH += ["--model.schedule", "hiface_pl.training.schedule.ConstantThenLinear"]
PARTS = ["--trainer.callbacks+=hiface_pl.training.averaging.AveragedWeights", f"--model.reconstructor.encoder={HERE}.DropoutEncoder"]


def carried_out(attempts: list[tuple[list[str], str]], folder: Path, *, small: bool, seconds: int) -> None:
    plan = folder / "plan.json"
    plan.write_text(json.dumps({"attempts": attempts, "small": small}))
    command = [sys.executable, "-m", "tests.training.killing", str(plan)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=seconds, env=os.environ | {"OMP_NUM_THREADS": "1"}, check=False)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]


def last_of(folder: Path, name: str) -> Path:
    return max((folder / "runs" / name).glob("fit-*/checkpoints/last.ckpt"), key=lambda path: path.stat().st_mtime_ns)


@pytest.fixture
def command(tmp_path: Path) -> list[str]:
    """A training on stores of 17 noise pictures and 5 photos, with augmentation and a loader process: 5 batches of 3 and 1 an epoch."""
    stores = {split: fake_store(tmp_path / split, fake_meta(count, split=split)) for split, count in (("train", 17), ("val", 6))}
    data = ["--data", "hiface_pl.data.mixed_faces.MixedFaces", "--data.image_size", "16", "--data.batch_size", "4"]
    data += ["--data.photos", str(fake_photos(tmp_path / "photos", 5)), "--data.photos_share", "0.25"]
    data += [word for split in ("train", "val") for word in (f"--data.{split}", str(stores[split]))]
    return ["fit", "--config", str(write_config(tmp_path)), *LENGTH, *PARTS, *data, "--data.test", str(tmp_path / "test")]


@pytest.mark.parametrize("seed", [0])
def test_killed_three_times_is_uninterrupted(command: list[str], tmp_path: Path, seed: int) -> None:
    draw = random.Random(seed)
    resume = ["--name", "killed", "--ckpt_path", "last"]
    attempts = [
        ([*command, "--name", "whole"], ""),
        ([*command, "--name", "killed"], f"step {draw.randint(2, 9)}"),
        ([*command, *resume], f"write {draw.randint(1, 2)}"),
        ([*command, *resume], f"rename {draw.randint(1, 2)}"),
        ([*command, *resume], ""),
    ]
    carried_out(attempts, tmp_path, small=True, seconds=500)
    assert differences(last_of(tmp_path, "whole"), last_of(tmp_path, "killed")) == []
    kept = [path for path in (tmp_path / "runs").rglob("*.ckpt") if not path.name.startswith(".")]
    assert len(kept) > 4
    assert not any(damage(path) for path in kept)


@pytest.mark.slow
def test_the_mini_network_killed_often_is_uninterrupted(tmp_path: Path) -> None:
    """The real mini scale on a small store that is made here: 96 pictures, 14 steps of 16, six deaths."""
    root = Path(__file__).parents[2]
    for split, count in (("train", 96), ("val", 16)):
        made = [sys.executable, "-m", "hiface_pl", "data", "synth", "--split", split, "--count", str(count), "--image-size", "112"]
        subprocess.run([*made, "--out", str(tmp_path / split)], check=True, capture_output=True, timeout=1200)
    command = ["fit", "--config", str(root / "experiments" / "full.yaml"), "--config", str(root / "experiments" / "scale" / "mini.yaml")]
    command += ["--runs", str(tmp_path / "runs"), "--trainer.max_steps", "14", "--trainer.val_check_interval", "5"]
    command += ["--data.train", str(tmp_path / "train"), "--data.val", str(tmp_path / "val"), "--data.batch_size", "16"]
    command += ["--saving.every_steps", "2"]
    draw = random.Random(1)
    moments = [f"{kind} {draw.randint(1, 3)}" for kind in ("step", "write", "rename", "write", "step")]
    attempts = [([*command, "--name", "whole"], ""), ([*command, "--name", "killed"], "step 4")]
    attempts += [([*command, "--name", "killed", "--ckpt_path", "last"], moment) for moment in [*moments, ""]]
    carried_out(attempts, tmp_path, small=False, seconds=3000)
    assert differences(last_of(tmp_path, "whole"), last_of(tmp_path, "killed")) == []
