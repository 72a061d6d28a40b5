"""`hiface-pl export CKPT --out FILE`: what a training learned as one small file that is safe to hand on."""

import argparse
from importlib import import_module
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The verb's options."""
    parser.add_argument("checkpoint", type=Path, metavar="CKPT", help="a checkpoint that `hiface-pl fit` wrote, or another weight file")
    parser.add_argument(
        "--out", type=Path, required=True, metavar="FILE", help="the .safetensors to write; a .json beside it tells people the same"
    )
    parser.add_argument("--half", action="store_true", help="16 bits a number, but for vectors such as those of normalisations")
    parser.add_argument("--scores", type=Path, metavar="JSON", help="scores of `hiface-pl test`, to travel with the weights")
    parser.add_argument(
        "--facts", type=Path, metavar="YAML", help="what the run folder does not tell: cpu_seconds, wall_seconds, commands, note and so on"
    )
    parser.add_argument("--licence", metavar="TEXT", help="a licence line for the weights; that of the face model is always added")


def run(arguments: argparse.Namespace) -> int:
    """Writes the file; what that needs is imported now, so that `--help` is quick. Returns the exit code."""
    return int(import_module("hiface_pl.cli.export_action").run(arguments))
