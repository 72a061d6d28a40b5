"""How long `hiface-pl reconstruct` takes for a photo once it is started, and for what. The last line is JSON.

    python benchmarks/reconstruct.py [--photos 8] [--checkpoint FILE]

The photos are scikit-image's astronaut (one face, 512 pixels, JPEG) and its mirror image in turn; every photo leaves all files. Fetches the
asset `mediapipe` once. CPU time is that of one thread, part by part. `first` is the first photo of a process, which makes what all faces
share; on a machine that does nothing else, `clock_s` on two threads is what a user waits for each further one, and `clock_s_in_a_folder`
what each takes where several are given at once.
"""

import argparse
import cProfile
import os
import pstats
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import Executor, Future
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # as the command sets it, before torch reads it

import cv2
import torch
from PIL import Image
from rich.console import Console
from rich.table import Table
from skimage.data import astronaut

from hiface_pl.assets.fetch import fetch
from hiface_pl.inference.look_ahead import LookAhead
from hiface_pl.inference.mediapipe_detector import MediapipeDetector
from hiface_pl.inference.reconstruct import FaceResult
from hiface_pl.inference.session import Session
from hiface_pl.pretrained import shipped_model
from hiface_pl.report.benchmark import finish_benchmark
from hiface_pl.training.loading import load_reconstructor

STAGES = {
    "read": ("photo.py", "read_photo"),
    "detect": ("mediapipe_detector.py", "find"),
    "place_the_crop": ("aligner.py", "align"),
    "network": ("reconstruct.py", "reconstruct_crop"),
    "sheet": ("reconstruct.py", "sheet"),
    "other_files": ("reconstruct.py", "other_files"),
}
"""Functions whose time is told, by file and name; the detector is asked inside none of the others."""
GOAL = 0.5
"""Seconds of the clock asked for."""
THREADS = 2


def main() -> None:
    """Measures, prints a table and records it."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--photos", type=int, default=8, help="photos a measurement (8)")
    parser.add_argument("--checkpoint", type=Path, help="the network to load (the shipped one)")
    arguments = parser.parse_args()
    fetch("mediapipe")
    weights = arguments.checkpoint or shipped_model()
    with tempfile.TemporaryDirectory() as folder:
        photos = write_photos(Path(folder), arguments.photos)
        session = Session(load_reconstructor(weights), MediapipeDetector())
        use_threads(THREADS)
        result = {"photos": len(photos), "weights": weights.name, "threads": THREADS, "first_clock_s": first(session, photos[0])}
        result |= parts(session, photos) | one_by_one(session, photos) | in_a_folder(session, photos)
    table = Table("quantity", "value", title=f"a photo; asked for {GOAL} s of the clock on two idle cores")
    for name, value in result.items():
        table.add_row(name.replace("_", " "), str(value))
    Console().print(table)
    finish_benchmark("reconstruct", result)


def write_photos(folder: Path, count: int) -> list[Path]:
    shown = Image.fromarray(astronaut())
    for number in range(count):
        picture = shown.transpose(Image.Transpose.FLIP_LEFT_RIGHT) if number % 2 else shown
        picture.save(folder / f"{number}.jpg", quality=92)
    return [folder / f"{number}.jpg" for number in range(count)]


def parts(session: Session, photos: list[Path]) -> dict[str, float]:
    """CPU seconds a photo of one thread, and of each stage."""
    use_threads(1)
    profile = cProfile.Profile(time.process_time)
    profile.enable()
    for photo in photos:
        found = session.look(photo)
        for face in found.faces:
            sheet(session, face, photo.with_suffix(""))
            other_files(session, face, photo.with_suffix(""))
    profile.disable()
    use_threads(THREADS)
    stats = pstats.Stats(profile)
    rows = {(Path(file).name, name): times for (file, _, name), times in stats.stats.items()}  # type: ignore[attr-defined]
    spent = {f"{stage}_cpu_s": round(rows[place][3] / len(photos), 3) for stage, place in STAGES.items()}
    return {"cpu_s": round(stats.total_tt / len(photos), 3), **spent}  # type: ignore[attr-defined]


def sheet(session: Session, face: FaceResult, folder: Path) -> None:
    session.sheets.start(face, AtOnce()).finish(folder / "sheet.png")


def other_files(session: Session, face: FaceResult, folder: Path) -> None:
    session.exporter.write_numbers(face.reconstruction, face.crop, folder)
    session.exporter.write_meshes(face.reconstruction, folder)


class AtOnce(Executor):
    """Works while it is asked, so that all time is that of one thread."""

    def submit(self, work: Callable[..., Any], /, *arguments: Any, **named: Any) -> "Future[Any]":
        done: Future[Any] = Future()
        done.set_result(work(*arguments, **named))
        return done


def first(session: Session, photo: Path) -> float:
    began = time.monotonic()
    session.reconstruct(photo, photo.with_suffix(""))
    return round(time.monotonic() - began, 3)


def one_by_one(session: Session, photos: list[Path]) -> dict[str, float]:
    """Seconds a photo of the clock and of CPU, as the command does one."""
    cpu, clocks = cpu_seconds(), []
    for photo in photos:
        began = time.monotonic()
        session.reconstruct(photo, photo.with_suffix(""))
        clocks.append(time.monotonic() - began)
    spent = {"clock_s": sum(clocks) / len(photos), "best_clock_s": min(clocks), "cpu_s_on_all_threads": (cpu_seconds() - cpu) / len(photos)}
    return {name: round(value, 3) for name, value in spent.items()}


def in_a_folder(session: Session, photos: list[Path]) -> dict[str, float]:
    """Seconds a photo of the clock and of CPU, as the command does several."""
    cpu, began = cpu_seconds(), time.monotonic()
    with LookAhead(session, photos) as ahead:
        for number, photo in enumerate(photos):
            session.write_all(ahead.look(number), photo.with_suffix(""))
    spent = {"clock_s_in_a_folder": time.monotonic() - began, "cpu_s_in_a_folder": cpu_seconds() - cpu}
    return {name: round(value / len(photos), 3) for name, value in spent.items()}


def cpu_seconds() -> float:
    spent = os.times()
    return spent.user + spent.system


def use_threads(count: int) -> None:
    torch.set_num_threads(count)
    cv2.setNumThreads(count)


if __name__ == "__main__":
    main()
