"""`hiface-pl demo`: data, training, test and a real photo in minutes, and one page that shows them."""

import argparse
from importlib import import_module
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The verb's options."""
    parser.add_argument("--out", type=Path, default=Path("runs/demo"), metavar="DIR", help="folder for runs and the page (runs/demo)")
    parser.add_argument("--also", type=Path, metavar="CKPT", help="another checkpoint to measure and show beside the demo's own")
    parser.add_argument("--jobs", type=int, default=2, help="processes that draw synthetic faces (2)")
    parser.add_argument("--fraction", type=float, default=1.0, help="share of the faces and training steps, for a quick look (1)")


def run(arguments: argparse.Namespace) -> int:
    """Runs the demo; what it needs is imported now, so that `--help` is quick. Returns the exit code."""
    return int(import_module("hiface_pl.cli.demo_action").run(arguments))
