"""How long `hiface-pl reconstruct` takes for a photo once it is started, and for what. The last line is JSON.

    python benchmarks/reconstruct.py [--photos 8] [--checkpoint FILE]

The photos are scikit-image's astronaut (one face, 512 pixels, JPEG) and its mirror image in turn; every photo leaves all files. Fetches the
asset `mediapipe` once. CPU time is that of one thread, part by part; on a machine that does nothing else, `clock_s` on two threads is
what a user waits a photo in a folder of them.
"""

import argparse
import cProfile
import os
import pstats
import tempfile
import time
from pathlib import Path

import cv2
import torch
from PIL import Image
from rich.console import Console
from rich.table import Table
from skimage.data import astronaut

from hiface_pl.assets.fetch import fetch
from hiface_pl.inference.mediapipe_detector import MediapipeDetector
from hiface_pl.inference.session import Session
from hiface_pl.pretrained import shipped_model
from hiface_pl.report.benchmark import finish_benchmark
from hiface_pl.training.loading import load_reconstructor

STAGES = {
    "read": ("photo.py", "read_photo"),
    "detect": ("mediapipe_detector.py", "find"),
    "place_the_crop": ("aligner.py", "align"),
    "network": ("reconstruct.py", "reconstruct_crop"),
    "sheet": ("sheet.py", "write"),
    "other_files": ("bundle.py", "write"),
}
"""Functions whose time is told, by file and name; the detector is asked inside none of the others."""
GOAL = 0.5
"""Seconds of the clock asked for."""


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
        whole(session, photos[:2], threads=2)  # compiles, and makes what all faces share
        result = {"photos": len(photos), "weights": weights.name, **parts(session, photos), **whole(session, photos, threads=2)}
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
    """CPU seconds a photo of one thread, and of each stage; the files are written after the sheet here."""
    use_threads(1)
    profile = cProfile.Profile(time.process_time)
    profile.enable()
    for photo in photos:
        found = session.look(photo)
        for face in found.faces:
            session.sheets.write(face, photo.with_suffix("") / "sheet.png")
            session.exporter.write(face.reconstruction, face.crop, photo.with_suffix(""))
    profile.disable()
    stats = pstats.Stats(profile)
    rows = {(Path(file).name, name): times for (file, _, name), times in stats.stats.items()}  # type: ignore[attr-defined]
    spent = {f"{stage}_cpu_s": round(rows[place][3] / len(photos), 3) for stage, place in STAGES.items()}
    return {"cpu_s": round(stats.total_tt / len(photos), 3), **spent}  # type: ignore[attr-defined]


def whole(session: Session, photos: list[Path], threads: int) -> dict[str, float]:
    """Seconds a photo of the clock and of CPU, as the command does it."""
    use_threads(threads)
    before, clocks = os.times(), []
    for photo in photos:
        began = time.monotonic()
        session.reconstruct(photo, photo.with_suffix(""))
        clocks.append(time.monotonic() - began)
    after = os.times()
    cpu = after.user + after.system - before.user - before.system
    names = (f"clock_s_on_{threads}_threads", f"best_clock_s_on_{threads}_threads", f"cpu_s_on_{threads}_threads")
    return {name: round(value, 3) for name, value in zip(names, (sum(clocks) / len(photos), min(clocks), cpu / len(photos)), strict=True)}


def use_threads(count: int) -> None:
    torch.set_num_threads(count)
    cv2.setNumThreads(count)


if __name__ == "__main__":
    main()
