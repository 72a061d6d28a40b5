"""Weights & Biases without an account: runs stay on this machine until somebody sends them."""

import os
from pathlib import Path

from lightning.pytorch.loggers import WandbLogger


class OfflineWandb(WandbLogger):
    """WandbLogger that is offline unless the environment says WANDB_MODE=online; `save_dir` is the run's folder."""

    def __init__(self, project: str = "hiface_pl", name: str | None = None, save_dir: Path = Path("runs")) -> None:
        super().__init__(name=name, save_dir=str(save_dir), project=project, offline=os.environ.get("WANDB_MODE") != "online")
