"""Builds the dashboard of a matrix in Weights & Biases: losses, distances by region, scores, faces and meshes of all rows over their seeds.

WANDB_MODE=online creates it and prints its address. Otherwise, or without a login, its definition is written to a file.
"""

import argparse
from importlib import import_module
from pathlib import Path

from hiface_pl.cli.matrix import RUNS
from hiface_pl.cli.scale_flag import SCALE_FLAG

SUMMARY = "build the dashboard in Weights & Biases"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options."""
    parser.add_argument(SCALE_FLAG, default="mini", metavar="NAME", help="the scale of the rows (mini)")
    parser.add_argument("--runs", type=Path, default=RUNS, metavar="DIR", help=f"folder of all rows ({RUNS})")
    parser.add_argument("--project", metavar="NAME", help="the W&B project of the runs (WANDB_PROJECT, or hiface_pl)")
    parser.add_argument("--entity", metavar="NAME", help="the W&B user or team (WANDB_ENTITY, or that of the login)")
    parser.add_argument("--out", type=Path, metavar="FILE", help="where the definition goes (RUNS/SCALE/dashboard.json)")


def run(arguments: argparse.Namespace) -> int:
    """Runs the action; what it needs is imported now, so that `--help` is quick. Returns the exit code."""
    return int(import_module("hiface_pl.cli.report_wandb_action").run(arguments))
