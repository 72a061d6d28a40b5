"""A row that several processes train together, started by torchrun, and what the runner makes of it."""

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from rich.console import Console

from hiface_pl.matrix.engines.local import LocalEngine
from hiface_pl.matrix.row_record import State, record_for
from hiface_pl.matrix.runner import Runner
from tests.losses.faces import SIZE
from tests.matrix.small_rows import plans, write_rows

ROOT = Path(__file__).parents[2]
TORCHRUN = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
FLAGS = ["--trainer.devices", "2", "--trainer.strategy", "ddp", "--data.batch_size", "2"]


@pytest.mark.slow
def test_a_row_trained_by_torchrun_is_tested_and_recorded_by_the_runner(tmp_path: Path) -> None:
    write_rows(tmp_path)
    size = tmp_path / "size.yaml"
    size.write_text(f"model: {{reconstructor: {{image_size: {SIZE}}}}}\n")
    (plan,) = plans(tmp_path, "first", over=[size])
    files = ["--config", str(tmp_path / "first.yaml"), "--config", str(size)]
    place = ["--runs", plan.runs, "--name", plan.name, "--seed_everything", str(plan.seed)]
    command = [*TORCHRUN, "-m", "tests.training.run_suite", "fit", *files, *place, *FLAGS]
    environment = {name: value for name, value in os.environ.items() if name != "HIFACE_RUN_FOLDER"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=900)
    assert done.returncode == 0, done.stderr
    trained = list(plan.folder.glob("fit-*/checkpoints/last.ckpt"))
    assert len(trained) == 1
    assert Runner([plan], LocalEngine(), Console(file=io.StringIO())).run() == 0
    record = record_for(plan)
    assert record is not None
    assert record.state is State.DONE
    assert f"nothing to train: {trained[0]}" in plan.log.read_text()
    assert torch.load(trained[0], weights_only=True)["global_step"] == 2
