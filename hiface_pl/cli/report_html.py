"""Writes one page about the finished rows of a matrix: tables, costs, what differs, and the same faces by all rows in 3D. It opens from
disk, without a server or the network.
"""

import argparse
from importlib import import_module
from pathlib import Path

from hiface_pl.cli.matrix import RUNS
from hiface_pl.cli.scale_flag import SCALE_FLAG

SUMMARY = "write one page that opens offline"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options."""
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--runs", type=Path, metavar="DIR", help=f"folder of all rows; missing faces are reconstructed now ({RUNS})")
    where.add_argument(
        "--results", type=Path, metavar="DIR", help="a folder that --keep wrote, instead: no checkpoints or stores are needed"
    )
    parser.add_argument(SCALE_FLAG, default="mini", metavar="NAME", help="the scale of the rows (mini)")
    parser.add_argument("--seed", type=int, nargs="+", default=[], metavar="N", help="seeds (all)")
    parser.add_argument(
        "--faces", type=int, nargs="+", default=[], metavar="I", help="samples of the test store to show (the most wrinkled)"
    )
    parser.add_argument("--face-model", default="open", help="open, a face model file (.npz), or the class path of a source (open)")
    parser.add_argument("--no-meshes", action="store_true", help="tables alone, no faces")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="also write what --results needs, small enough to commit")
    parser.add_argument("--out", type=Path, required=True, metavar="PAGE", help="the page to write, such as report.html")


def run(arguments: argparse.Namespace) -> int:
    """Runs the action; what it needs is imported now, so that `--help` is quick. Returns the exit code."""
    return int(import_module("hiface_pl.cli.report_html_action").run(arguments))
