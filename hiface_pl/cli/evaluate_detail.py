"""Measures the detail that a network makes on an open scan set: displacement maps in mm, normals in degrees, and whether static detail
belongs to the person alone. Exit code 0: all measured; 1: measured, but in some images no face was found; 2: an input that cannot be used.
"""

import argparse
from importlib import import_module
from pathlib import Path

SUMMARY = "measure maps, normals and decoupling of detail on open-scans"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options."""
    parser.add_argument("--benchmark", type=Path, required=True, metavar="DIR", help="a set made by `hiface-pl data open-scans`")
    parser.add_argument(
        "--checkpoint",
        required=True,
        metavar="CKPT",
        help="a checkpoint of `hiface-pl fit`, a file of `hiface-pl export`, or shipped for the network of the package",
    )
    parser.add_argument(
        "--boxes",
        choices=("detector", "truth"),
        default="detector",
        help="where faces are: found as by `hiface-pl reconstruct`, or told by the set's truth (detector)",
    )
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="the folder of the results")


def run(arguments: argparse.Namespace) -> int:
    """Runs the action; what it needs is imported now, so that `--help` is quick. Returns the exit code."""
    return int(import_module("hiface_pl.cli.evaluate_detail_action").run(arguments))
