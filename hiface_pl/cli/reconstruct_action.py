"""What `hiface-pl reconstruct` does."""

import argparse
import sys
from pathlib import Path

from rich.console import Console

from hiface_pl.cli.loading import nothing_to_collect
from hiface_pl.errors import ConfigError, PhotoError
from hiface_pl.face_models.derive import building_is_told_to
from hiface_pl.inference.detector import BoxGiven, FaceDetector, SkimageCascadeDetector
from hiface_pl.inference.session import Session
from hiface_pl.paths import writable_folder
from hiface_pl.pretrained import shipped_model
from hiface_pl.training.loading import load_reconstructor

PREPARING = "preparing the face model, this once"
BOX_FORM = "four numbers x,y,w,h in pixels: left, top, width and height of the face from brows to chin"


def run(arguments: argparse.Namespace) -> int:
    """Reconstructs all photos; those that fail are named at the end. Raises HifaceError."""
    box = _parse_box(arguments.box)
    if box is not None and len(arguments.photos) != 1:
        raise ConfigError("--box tells where the face of one photo is: give one photo a call")
    writable_folder(arguments.out)
    console = Console(highlight=False, soft_wrap=True)
    detector = SkimageCascadeDetector() if box is None else BoxGiven(*box)
    session = open_session(arguments.checkpoint or shipped_model(), detector, console, meshes=not arguments.no_meshes)
    failed = []
    for photo, folder in zip(arguments.photos, _folders(arguments.photos, arguments.out), strict=True):
        try:
            with console.status(f"reconstructing {photo}"):
                written = session.reconstruct(photo, folder)
        except PhotoError as error:
            failed.append(photo.name)
            sys.stderr.write(f"hiface-pl: {error}\n")
            continue
        console.print(f"{photo}: {len(written)} files in {folder}\n{written[0]}", markup=False)
    if failed:
        raise PhotoError(
            f"{len(failed)} of {len(arguments.photos)} photos could not be reconstructed ({', '.join(failed)}): see above for each"
        )
    return 0


def open_session(weights: Path, detector: FaceDetector, console: Console, *, meshes: bool) -> Session:
    """Loads the network, and tells on the console what that is waiting for. Raises CheckpointError, FaceModelError or AssetError."""
    status = console.status(f"loading {weights}")
    with status, nothing_to_collect(), building_is_told_to(lambda done, of: status.update(f"{PREPARING}: {done} of {of}")):
        return Session(load_reconstructor(weights), detector, meshes=meshes)


def _parse_box(text: str | None) -> tuple[float, float, float, float] | None:
    if text is None:
        return None
    try:
        x, y, width, height = (float(number) for number in text.split(","))
    except ValueError as error:
        raise ConfigError(f"--box {text} is not {BOX_FORM}") from error
    return x, y, width, height


def _folders(photos: list[Path], out: Path) -> list[Path]:
    """One folder a photo, named after it; photos of the same name get numbers."""
    taken: dict[str, int] = {}
    folders = []
    for photo in photos:
        taken[photo.stem] = taken.get(photo.stem, 0) + 1
        number = taken[photo.stem]
        folders.append(out / (photo.stem if number == 1 else f"{photo.stem}-{number}"))
    return folders
