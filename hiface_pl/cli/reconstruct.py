"""`hiface-pl reconstruct PHOTO... --out DIR`: every face of photos and videos gets a folder with meshes, maps, coefficients and a sheet."""

import argparse
from importlib import import_module
from pathlib import Path

from hiface_pl.cli.loading import nothing_to_collect

SMOOTH = 0.1
"""Seconds. Our choice: blinks (0.2 to 0.4 s) stay, trembling from frame to frame goes."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The verb's options."""
    parser.add_argument(
        "photos",
        nargs="+",
        type=Path,
        metavar="PHOTO",
        help="JPEG, PNG, TIFF or whatever Pillow reads; videos (MP4, MOV, AVI, MKV, WebM); folders of them; patterns in quotes",
    )
    parser.add_argument(
        "--checkpoint", type=Path, metavar="CKPT", help="a checkpoint of `hiface-pl fit` or a file of `hiface-pl export` (the one shipped)"
    )
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder for the results, one folder a photo or video inside")
    parser.add_argument(
        "--box",
        metavar="X,Y,W,H",
        help="where the face of the one photo, or of the video's first frame, is: left, top, width and height in pixels, brows to chin",
    )
    parser.add_argument(
        "--landmark-fit",
        action="store_true",
        help="move pose, expression and identity onto 468 landmarks of the photo (`hiface-pl assets get perception`)",
    )
    parser.add_argument(
        "--smooth",
        nargs="?",
        type=float,
        const=SMOOTH,
        metavar="SECONDS",
        help=f"videos: pose, expression and light without trembling (width of the window, {SMOOTH:g}), one identity over the clip",
    )
    parser.add_argument("--every", type=int, metavar="N", help="videos: write each N-th frame as a photo, with its meshes")
    parser.add_argument("--no-meshes", action="store_true", help="leave out the OBJ and GLB files")


def run(arguments: argparse.Namespace) -> int:
    """Reconstructs all photos; what that needs is imported now, so that `--help` is quick. Returns the exit code."""
    with nothing_to_collect():
        action = import_module("hiface_pl.cli.reconstruct_action")
    return int(action.run(arguments))
