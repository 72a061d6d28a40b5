"""Measures meshes as the REALY benchmark does: mean distances in mm over nose, mouth, forehead and cheek. Stopped or killed, the same
command goes on where it was. Exit code 0: all measured; 1: measured, but some meshes failed; 2: an input that cannot be used.
"""

import argparse
from importlib import import_module
from pathlib import Path

SUMMARY = "measure meshes against REALY's scans, or against an open set of the same layout"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options."""
    parser.add_argument(
        "--benchmark",
        type=Path,
        required=True,
        metavar="DIR",
        help="REALY_HIFI3D_keypoints, REALY_scan_region, REALY_image and metrical_scale.txt, or what `hiface-pl data open-scans` made",
    )
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--predictions", type=Path, metavar="DIR", help="meshes NAME.obj, .ply or .glb, called like the images")
    source.add_argument(
        "--checkpoint",
        metavar="CKPT",
        help="a network instead: it reconstructs the images, and its coarse and detailed meshes are measured; a checkpoint of "
        "`hiface-pl fit`, a file of `hiface-pl export`, or shipped for the one of the package",
    )
    parser.add_argument(
        "--template",
        metavar="NAME|OBJ",
        help="topology of the predictions: a face model (open, open-detail, a .npz file, ...) or PATH.obj with PATH.txt beside it",
    )
    parser.add_argument("--mask", type=Path, metavar="TXT", help="vertices of a PATH.obj that belong to the face, one 0 or 1 each (all)")
    parser.add_argument(
        "--boxes",
        choices=("detector", "truth"),
        default="detector",
        help="where a --checkpoint takes faces to be: found as by `hiface-pl reconstruct`, or told by an open set's truth (detector)",
    )
    parser.add_argument("--mode", choices=("official", "strict"), default="official", help="as the public evaluator, or guarded (official)")
    parser.add_argument("--view", choices=("frontal", "side"), default="frontal", help="which images the predictions are from (frontal)")
    parser.add_argument("--jobs", type=_positive, default=1, help="so many processes share the meshes (1)")
    parser.add_argument("--heatmaps", action="store_true", help="write the error on each scan as coloured meshes, and a sheet of pictures")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="the folder of the results")


def run(arguments: argparse.Namespace) -> int:
    """Runs the action; what it needs is imported now, so that `--help` is quick. Returns the exit code."""
    action = "evaluate_realy_action" if arguments.checkpoint is None else "evaluate_realy_checkpoint"
    return int(import_module(f"hiface_pl.cli.{action}").run(arguments))


def _positive(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text} is not a positive number")
    return value
