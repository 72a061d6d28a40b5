"""Trainings of the tiny suite in several processes, forked from one that has imported everything already."""

import os
import socket
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from multiprocessing import get_context
from pathlib import Path
from typing import Any
from unittest.mock import patch

import torch

import hiface_pl.reconstructor
from hiface_pl.cli.main import main
from hiface_pl.data.mixed_faces import MixedFaces
from hiface_pl.types import FaceBatch
from tests.data.fakes import SIZE, fake_meta, fake_store
from tests.data.photos.fakes import fake_photos
from tests.training.suite import tiny_face_assets, write_config

CONTEXT = get_context("forkserver")
CONTEXT.set_forkserver_preload(["tests.distributed.suite", "hiface_pl.cli.train"])


class PatchyFaces(MixedFaces):
    """Faces and photos; of every three faces one has no detail labels, so that batches and processes differ in how many samples a loss
    speaks of.
    """

    def on_after_batch_transfer(self, batch: FaceBatch, dataloader_idx: int) -> FaceBatch:
        batch = super().on_after_batch_transfer(batch, dataloader_idx)
        return replace(batch, labels=replace(batch.labels, has_detail=batch.labels.has_detail & (batch.index % 3 != 0)))


OVERLAY = f"""
trainer:
  strategy: ddp
  gradient_clip_val: 1.0
  callbacks: [{{class_path: hiface_pl.training.averaging.AveragedWeights}}]
model:
  reconstructor: {{image_size: {SIZE}}}
  losses: {{age: null, regularisation: {{class_path: hiface_pl.losses.regularisation.RegularisationLoss}}}}
  optimizer: {{class_path: torch.optim.SGD, init_args: {{lr: 0.01, momentum: 0.9, weight_decay: 0.01}}}}
data:
  class_path: tests.distributed.suite.PatchyFaces
  init_args: {{train: TRAIN, val: VAL, test: VAL, image_size: {SIZE}, batch_size: 4, workers: 0, photos: PHOTOS, photos_share: 0.25}}
"""


def write_files(folder: Path, train: int = 26, val: int = 7) -> list[str]:
    """Stores and configuration in a folder, as `--config FILE --config FILE`."""
    overlay = OVERLAY
    for name, split, count in (("TRAIN", "train", train), ("VAL", "val", val)):
        overlay = overlay.replace(name, str(fake_store(folder / split, fake_meta(count=count, split=split))))
    overlay = overlay.replace("PHOTOS", str(fake_photos(folder / "photos", 5)))
    (folder / "overlay.yaml").write_text(overlay)
    return ["--config", str(write_config(folder)), "--config", str(folder / "overlay.yaml")]


@dataclass
class Training:
    """The processes of one training and what each of them prints."""

    processes: list[Any]
    logs: list[Path]

    def exit_codes(self) -> list[int | None]:
        return [process.exitcode for process in self.processes]

    def join(self, timeout: float = 400) -> list[int | None]:
        """The exit codes; what has not ended by then is killed."""
        for process in self.processes:
            process.join(timeout)
        codes = self.exit_codes()
        for process in self.processes:
            process.kill()
        return codes

    def text(self, rank: int) -> str:
        return self.logs[rank].read_text() if self.logs[rank].is_file() else "it has not begun"


def start(folder: Path, arguments: list[str], environments: list[dict[str, str]]) -> Training:
    """Starts one process an environment."""
    logs = [folder / f"log-{rank}.txt" for rank in range(len(environments))]
    processes = [
        CONTEXT.Process(target=run, args=(arguments, environment, log)) for environment, log in zip(environments, logs, strict=True)
    ]
    for process in processes:
        process.start()
    return Training(processes, logs)


def run(arguments: list[str], environment: dict[str, str], log: Path) -> None:
    """What a process does: the command line, with its output in a file."""
    prepare(environment, log)
    with patch.object(hiface_pl.reconstructor, "face_assets", tiny_face_assets):
        sys.exit(main(arguments))


def prepare(environment: dict[str, str], log: Path) -> None:
    os.environ.pop("HIFACE_RUN_FOLDER", None)
    os.environ.update(environment)
    handle = os.open(log, os.O_CREAT | os.O_TRUNC | os.O_WRONLY)
    os.dup2(handle, 1)
    os.dup2(handle, 2)
    sys.stdout = sys.stderr = os.fdopen(handle, "w", buffering=1)


def together(function: Callable[..., None], folder: Path, *arguments: Any, world: int = 2) -> Training:
    """Starts `function(rank, *arguments)` in processes with a group of the gloo backend."""
    logs = [folder / f"function-{rank}.txt" for rank in range(world)]
    environments = torchrun_like(world)
    processes = [CONTEXT.Process(target=_in_group, args=(function, environments[rank], logs[rank], arguments)) for rank in range(world)]
    for process in processes:
        process.start()
    return Training(processes, logs)


def _in_group(function: Callable[..., None], environment: dict[str, str], log: Path, arguments: tuple[Any, ...]) -> None:
    prepare(environment, log)
    torch.distributed.init_process_group("gloo")
    function(int(environment["RANK"]), *arguments)
    torch.distributed.destroy_process_group()


def torchrun_like(world: int = 2) -> list[dict[str, str]]:
    """What torchrun tells the processes of one machine."""
    shared = {
        "TORCHELASTIC_RUN_ID": "test",
        "WORLD_SIZE": str(world),
        "LOCAL_WORLD_SIZE": str(world),
        "GROUP_RANK": "0",
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": str(free_port()),
    }
    return [shared | {"RANK": str(rank), "LOCAL_RANK": str(rank)} for rank in range(world)]


def slurm_like(world: int = 2, job: int = 4711) -> list[dict[str, str]]:
    """What srun tells the tasks of a job on one machine."""
    shared = {
        "SLURM_JOB_ID": str(job),
        "SLURM_JOB_NAME": "faces",
        "SLURM_NTASKS": str(world),
        "SLURM_NTASKS_PER_NODE": str(world),
        "SLURM_NNODES": "1",
        "SLURM_NODEID": "0",
        "SLURM_NODELIST": "127.0.0.1",
        "MASTER_PORT": str(free_port()),
    }
    return [shared | {"SLURM_PROCID": str(rank), "SLURM_LOCALID": str(rank)} for rank in range(world)]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
