"""What `hiface-pl reconstruct` does."""

import argparse
import sys
from importlib import import_module
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from hiface_pl.cli.loading import nothing_to_collect
from hiface_pl.errors import ConfigError, PhotoError
from hiface_pl.face_models.derive import building_is_told_to
from hiface_pl.inference.default_detector import default_detector
from hiface_pl.inference.detector import BoxGiven, FaceDetector
from hiface_pl.inference.faces_page import FacesPage
from hiface_pl.inference.inputs import is_video, photo_files
from hiface_pl.inference.look_ahead import LookAhead
from hiface_pl.inference.reconstruct import PhotoResult
from hiface_pl.inference.refiner import Refiner
from hiface_pl.inference.session import PhotoFiles, Session
from hiface_pl.paths import writable_folder
from hiface_pl.pretrained import shipped_model
from hiface_pl.reconstructor import Reconstructor
from hiface_pl.training.loading import load_reconstructor

PREPARING = "preparing the face model, this once"
BOX_FORM = "four numbers x,y,w,h in pixels: left, top, width and height of the face from brows to chin"


def run(arguments: argparse.Namespace) -> int:
    """Reconstructs all photos and videos; those that fail are named at the end. Raises HifaceError."""
    box = _parse_box(arguments.box)
    files = photo_files(arguments.photos, arguments.out)
    if box is not None and max(len(arguments.photos), len(files)) != 1:
        raise ConfigError("--box tells where the face of one photo is: give one photo a call")
    _check_video_options(arguments, files)
    writable_folder(arguments.out)
    console = Console(highlight=False, soft_wrap=True)
    detector = default_detector() if box is None else BoxGiven(*box)
    weights = arguments.checkpoint or shipped_model()
    session = open_session(weights, detector, console, meshes=not arguments.no_meshes, fit=arguments.landmark_fit)
    console.print(f"faces found by {detector.described}", markup=False)
    failed = _Batch(session, arguments, weights.name, console).reconstruct(files)
    if failed:
        kind = "files" if any(is_video(file) for file in files) else "photos"
        raise PhotoError(f"{len(failed)} of {len(files)} {kind} could not be reconstructed ({', '.join(failed)}): see above for each")
    return 0


class _Batch:
    """One call's files through one session."""

    def __init__(self, session: Session, arguments: argparse.Namespace, network: str, console: Console) -> None:
        self.session, self.arguments, self.network, self.console = session, arguments, network, console
        self.page = FacesPage(arguments.out)

    def reconstruct(self, files: list[Path]) -> list[str]:
        """The names of files that failed; what went wrong is told at once."""
        failed = []
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        hidden = not self.console.is_terminal
        with LookAhead(self.session, files) as photos, Progress(*columns, console=self.console, transient=True, disable=hidden) as bar:
            task = bar.add_task("photos", total=len(files))
            for number, (file, folder) in enumerate(zip(files, _folders(files, self.arguments.out), strict=True)):
                bar.update(task, description=file.name)
                try:
                    if is_video(file):
                        self._video(file, folder, bar)
                    else:
                        self._photo(file, photos.look(number), folder)
                except PhotoError as error:
                    failed.append(file.name)
                    sys.stderr.write(f"hiface-pl: {error}\n")
                bar.advance(task)
        self.page.finish()
        for written in self.page.written:
            self.console.print(str(written), markup=False)
        return failed

    def _video(self, file: Path, folder: Path, bar: Progress) -> None:
        """Raises PhotoError also where a video could be read in part, after all of that was reconstructed."""
        action = import_module("hiface_pl.cli.reconstruct_video")  # brings PyAV, a quarter of a second
        action.VideoBatch(self.session, self.arguments, self.network, self.page, self.console).reconstruct(file, folder, bar)

    def _photo(self, file: Path, found: PhotoResult, folder: Path) -> None:
        written = self.session.write_all(found, folder)
        _tell(file, written, self.console)
        for face in written.faces:
            self.page.add(face.folder.relative_to(self.arguments.out).as_posix(), face.seen)


def _check_video_options(arguments: argparse.Namespace, files: list[Path]) -> None:
    for name, value, unit in (("--smooth", arguments.smooth, "seconds"), ("--every", arguments.every, "frames")):
        if value is not None and not value > 0:
            raise ConfigError(f"{name} {value:g} is not a number of {unit} above 0: give one, or leave it out")
        if value is not None and not any(is_video(file) for file in files):
            raise ConfigError(f"{name} speaks of videos, and there is none among the files: leave it out")


def _tell(photo: Path, found: PhotoFiles, console: Console) -> None:
    for face in found.faces:
        console.print(f"{photo}: {len(face.files)} files in {face.folder}", markup=False)
        if face.fitted is not None:
            before, after = face.fitted.error_before, face.fitted.error_after
            console.print(f"468 landmarks: {before:.2f} % of the distance of the eye corners without the fit, {after:.2f} % with it")
        console.print(str(face.files[0]), markup=False)
    if found.left_out:
        console.print(f"{photo}: {found.left_out} more faces left out, too small or not seen by the network", markup=False)


def open_session(weights: Path, detector: FaceDetector, console: Console, *, meshes: bool, fit: bool) -> Session:
    """Loads the network, and tells on the console what that is waiting for. Raises CheckpointError, FaceModelError or AssetError."""
    status = console.status(f"loading {weights}")
    with status, nothing_to_collect(), building_is_told_to(lambda done, of: status.update(f"{PREPARING}: {done} of {of}")):
        network = load_reconstructor(weights)
        return Session(network, detector, meshes=meshes, refiner=_refiner(network) if fit else None)


def _refiner(network: Reconstructor) -> Refiner:
    refiner: Refiner = import_module("hiface_pl.inference.landmark_refiner").LandmarkRefiner.with_mediapipe(network)
    return refiner


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
