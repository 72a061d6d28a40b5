"""`hiface-pl face-model` builds, converts and draws face models, finds landmarks on them, and writes them as REALY templates."""

import argparse
from importlib import import_module
from pathlib import Path

_MODEL = "open (the shipped one), a face model file (.npz), a clone of ICT-FaceKit, or the class path of a source"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The actions and their options."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="build|show|convert|points|landmarks|calibrate|template")
    build = actions.add_parser("build", help="make the open face model again from its CC0 sources", allow_abbrev=False)
    build.add_argument("--out", type=Path, default=Path("open_face.npz"), metavar="NPZ", help="the file to write (open_face.npz)")
    show = actions.add_parser("show", help="draw a face model: mean, modes, people, units, chart", allow_abbrev=False)
    show.add_argument("model", nargs="?", default="open", metavar="MODEL", help=_MODEL)
    show.add_argument("--out", type=Path, required=True, metavar="PNG", help="the picture to write")
    convert = actions.add_parser("convert", help="write any face model as one file that loads fast", allow_abbrev=False)
    convert.add_argument("model", metavar="MODEL", help=_MODEL)
    convert.add_argument("--out", type=Path, required=True, metavar="NPZ", help="the file to write")
    template = actions.add_parser("template", help="write a face model's mesh and 85 keypoints as a REALY template", allow_abbrev=False)
    template.add_argument(
        "model", metavar="TEMPLATE", help=f"{_MODEL}; with -detail behind its name (open-detail) the mesh of its detailed exports"
    )
    template.add_argument(
        "--points-of", type=Path, metavar="OBJ", help="take points 68 to 84 from this template (its keypoints beside it as .txt)"
    )
    template.add_argument("--out", type=Path, required=True, metavar="OBJ", help="the mesh to write; keypoints go beside it as .txt")
    points = actions.add_parser("points", help="draw where the detector's 468 landmarks lie on a face model", allow_abbrev=False)
    points.add_argument("model", nargs="?", default="open", metavar="MODEL", help=_MODEL)
    points.add_argument("--out", type=Path, required=True, metavar="PNG", help="the picture to write")
    landmarks = actions.add_parser("landmarks", help="find the open model's 68 landmarks again with a landmark network", allow_abbrev=False)
    landmarks.add_argument("--heads", type=int, default=24, help="how many random heads to look at (24)")
    landmarks.add_argument("--out", type=Path, required=True, metavar="JSON", help="the constants to write")
    calibrate = actions.add_parser(
        "calibrate", help="measure again where a landmark network puts its 468 points on the open model", allow_abbrev=False
    )
    calibrate.add_argument("--faces", type=int, default=700, help="how many renderings to look at (700)")
    calibrate.add_argument("--out", type=Path, required=True, metavar="JSON", help="the offsets to write")


def run(arguments: argparse.Namespace) -> int:
    """Runs the action; what it needs is imported now, so that `--help` is quick. Returns the exit code."""
    return int(import_module("hiface_pl.cli.face_model_actions").run(arguments))
