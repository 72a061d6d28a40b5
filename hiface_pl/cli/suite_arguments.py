"""What a configuration may hold beside trainer, model and data."""

from pathlib import Path

from lightning.pytorch.cli import LightningArgumentParser

from hiface_pl.training.best_and_last import Saving
from hiface_pl.training.open_scans import OpenScans
from hiface_pl.training.starts.base import Start


def add_suite_arguments(parser: LightningArgumentParser) -> None:
    """Adds name, runs, scale, monitor, saving, init_from and scans."""
    parser.add_argument("--name", type=str, default="hiface", help="Name of the experiment: results go to RUNS/NAME.")
    parser.add_argument("--runs", type=Path, default=Path("runs"), help="Folder of all runs.")
    parser.add_argument("--scale", type=str, default="paper", help="What scale the other settings are, for tables: set by its file.")
    parser.add_argument(
        "--monitor", type=str, default="val/skill", help="Which logged number chooses the best checkpoint (the highest wins)."
    )
    parser.add_argument(
        "--init_from", type=Start | None, default=None, help="Weights to start from (a class in hiface_pl.training.starts), null for none."
    )
    parser.add_argument(
        "--scans", type=OpenScans | None, default=None, help="Measures on open-scans by REALY's protocol (scans.folder), null for nothing."
    )
    parser.add_class_arguments(Saving, "saving")
