"""Weights & Biases without an account: runs stay on this machine until somebody sends them."""

import os
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from lightning.fabric.loggers.logger import rank_zero_experiment
from lightning.pytorch.loggers import WandbLogger
from lightning.pytorch.utilities import rank_zero_only, rank_zero_warn
from typing_extensions import override

from hiface_pl.evaluation.scores import FaceScores

VARIABLES = {
    "project": "WANDB_PROJECT",
    "name": "WANDB_NAME",
    "group": "WANDB_RUN_GROUP",
    "job_type": "WANDB_JOB_TYPE",
    "tags": "WANDB_TAGS",
}
"""W&B's own environment variables, which win over the configuration."""
NETWORKED = {"online", "shared"}
COLUMNS = ("metric", "unit", "mean face", "ours", "skill")


class OfflineWandb(WandbLogger):
    """WandbLogger that is offline unless the environment says WANDB_MODE=online; `save_dir` is the run's folder.

    `group`, `job_type` and `tags` come from the run where they are null: matrix-SCALE, the verb, and row, seed and scale. Without a login,
    or where the server does not answer at the start, the run goes on offline and says so.
    """

    def __init__(
        self,
        project: str = "hiface_pl",
        name: str | None = None,
        save_dir: Path = Path("runs"),
        group: str | None = None,
        job_type: str | None = None,
        tags: list[str] | None = None,
    ) -> None:
        given = {"project": project, "name": name, "group": group, "job_type": job_type, "tags": tags}
        chosen: dict[str, Any] = {key: os.environ.get(VARIABLES[key]) or value for key, value in given.items()}
        chosen["tags"] = chosen["tags"].split(",") if isinstance(chosen["tags"], str) else chosen["tags"]
        mode = os.environ.get("WANDB_MODE", "offline")
        self.folder = save_dir
        super().__init__(save_dir=str(save_dir), offline=mode not in NETWORKED | {"disabled"}, **chosen)
        if mode in NETWORKED:
            self._require_login()

    @property
    @override
    @rank_zero_experiment
    def experiment(self) -> Any:
        """The W&B run, begun when it is first asked for."""
        if self._experiment is None and not self._offline:
            errors = import_module("wandb.errors")
            try:
                return super().experiment
            except (errors.CommError, errors.UsageError) as error:
                self._go_on_offline(" ".join(str(error).split()))
        return super().experiment

    @rank_zero_only
    def log_meshes(self, meshes: Mapping[str, Path], step: int) -> None:
        """Shows GLB files in 3D, each under its name."""
        shown = import_module("wandb").Object3D
        self.log_metrics({f"meshes/{name}": shown(str(path)) for name, path in meshes.items()}, step)

    def log_results(self, scores: FaceScores, scans: Mapping[str, float]) -> None:
        """A table of all scores: faces with ground truth, and what was measured on scans, mm, where it was."""
        rows: list[list[Any]] = [[each.label, each.unit, each.baseline, each.error, each.skill] for each in scores.measured.values()]
        rows += [[name, "", 0.0, value, None] for name, value in scores.determined.items() if value is not None]
        rows += [[name, "mm" if name.count("/") > 1 else "", None, value, None] for name, value in scans.items()]
        self.log_table("results", columns=list(COLUMNS), data=rows)

    @rank_zero_only
    def _require_login(self) -> None:
        if not import_module("wandb").login(prompt=False):
            self._go_on_offline("there is no login on this machine: `wandb login` makes one")

    def _go_on_offline(self, reason: str) -> None:
        self._offline = True
        rank_zero_warn(f"W&B goes on offline, into {self.folder / 'wandb'}, from where `wandb sync` sends it later ({reason})")
