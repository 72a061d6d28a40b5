"""Writes one page about the finished rows of a matrix: tables, costs, what differs, and all rows in 3D side by side. It opens from disk."""

import argparse
from importlib import import_module
from pathlib import Path

from hiface_pl.cli.matrix import RUNS
from hiface_pl.cli.scale_flag import SCALE_FLAG

SUMMARY = "write one page that opens offline"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options."""
    parser.add_argument(SCALE_FLAG, default="mini", metavar="NAME", help="the scale of the rows (mini)")
    parser.add_argument("--runs", type=Path, default=RUNS, metavar="DIR", help=f"folder of all rows ({RUNS})")
    parser.add_argument("--out", type=Path, required=True, metavar="PAGE", help="the page to write, such as report.html")


def run(arguments: argparse.Namespace) -> int:
    """Runs the action; what it needs is imported now, so that `--help` is quick. Returns the exit code."""
    return int(import_module("hiface_pl.cli.report_html_action").run(arguments))
