"""Do photos in training help with people who were not in it? Two short trainings, with and without them; the last line is JSON.

    python benchmarks/photos.py [--folder runs/bench-photos]

Both start from the network of the package and take the same number of steps on as many images; in one of them a quarter are photos. The
photos are the few that `hiface-pl data open-photos` fetches, split by person. Curves and overlays are drawn into the folder, and stay
there: they show people.
"""

import argparse
from pathlib import Path

import numpy as np
import torch
from photos_drawn import draw_curves, draw_faces
from rich.console import Console
from rich.table import Table

from hiface_pl.data.photos.photo_dataset import PhotoDataset
from hiface_pl.data.photos.photo_store import PhotoStore
from hiface_pl.data.store import SampleStore
from hiface_pl.evaluation.photo_metrics import landmark_errors, pixel_errors
from hiface_pl.losses.detected_landmark import InnerPoints
from hiface_pl.perception.landmark_points import IBUG_68
from hiface_pl.pretrained import shipped_model
from hiface_pl.reconstructor import Reconstructor
from hiface_pl.report.benchmark import finish_benchmark
from hiface_pl.report.demo.curve import Curve, read_curves
from hiface_pl.report.own_commands import require_done, run_command
from hiface_pl.report.track import Frame, Track
from hiface_pl.training.checkpoint import read_checkpoint
from hiface_pl.training.loading import load_reconstructor
from hiface_pl.training.whole_checkpoint import newest_whole

FACES = {"train": 400, "val": 16}
SIZE, RENDERED, BATCH, STEPS = 224, 56, 8, 60
CLIP = "man-who-smiles"
TRAININGS = {"with photos": (), "without": ("--data.photos", "null")}
TRACKED = ("smile_rise", "smile_correlation", "our_mouth_widens", "mouth_widens", "points_neutral", "points_smiling", "identity_spread")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--folder", type=Path, default=Path("runs/bench-photos"), help="where everything goes (runs/bench-photos)")
    folder: Path = parser.parse_args().folder
    make_data(folder / "data")
    for name, flags in TRAININGS.items():
        train(name, flags, folder)
    torch.set_num_threads(1)
    networks = {"start": load_reconstructor(shipped_model())} | {name: load_reconstructor(last(name, folder)) for name in TRAININGS}
    held_out = PhotoDataset(PhotoStore(folder / "data/photos/val"), SampleStore(folder / "data/val").layout)
    found = {name: Measured(network, held_out) for name, network in networks.items()}
    show(found)
    numbers = {name.replace(" ", "_"): each.numbers() for name, each in found.items()}
    finish_benchmark("photos", {"steps": STEPS, **numbers}, seed=0)
    for column, title in (("photo_landmarks", "points, % of the eyes' distance"), ("photo_pixels", "pixels, % of the range")):
        first = (0.0, found["start"].mean(column))
        curves = [curve_of(name, column, folder, first) for name in TRAININGS]
        draw_curves(curves, f"held-out people: {title}", folder / f"{column}.png")
    draw_faces(networks, held_out, folder / "overlays.png")


def make_data(folder: Path) -> None:
    """Photos of two splits and a few synthetic faces, as far as they are not there."""
    commands = {"photos/val": ["open-photos", "--image-size", str(SIZE), "--out", str(folder / "photos")]}
    for split, count in FACES.items():
        commands[split] = ["synth", "--image-size", str(SIZE), "--split", split, "--count", str(count), "--out", str(folder / split)]
    for name, command in commands.items():
        if not (folder / name).exists():
            require_done(run_command(["data", *command]), f"the data {folder / name} could not be made")


def train(name: str, flags: tuple[str, ...], folder: Path) -> None:
    """One training, as far as it is not done."""
    known = newest_whole(*runs_of(name, folder))
    if known is not None and read_checkpoint(known)["global_step"] == STEPS:
        return
    data = folder / "data"
    places = {"train": data / "train", "val": data / "val", "test": data / "val"}
    places |= {"photos": data / "photos/train", "photos_val": data / "photos/val"}
    words = [word for key, path in places.items() for word in (f"--data.{key}", str(path))]
    files = ["--config", "experiments/full.yaml", "--scale", "mini", "--config", "benchmarks/photos.yaml"]
    going_on = ("--ckpt_path", "last") if known else ()
    places_of_run = ("--name", name.replace(" ", "-"), "--runs", str(folder), "--trainer.max_steps", str(STEPS))
    require_done(run_command(["fit", *files, *words, *flags, *places_of_run, *going_on]), f"the training {name} did not end well")


def runs_of(name: str, folder: Path) -> list[Path]:
    return sorted((folder / name.replace(" ", "-")).glob("fit-*/checkpoints"))


def last(name: str, folder: Path) -> Path:
    """The checkpoint of a finished training."""
    return runs_of(name, folder)[-1] / "last.ckpt"


def curve_of(name: str, column: str, folder: Path, first: tuple[float, float]) -> Curve:
    (curve,) = read_curves(runs_of(name, folder)[-1].parent / "metrics.csv", {f"val/{column}": name})
    return Curve(name, [first, *curve.points])


class Measured:
    """What one network makes of the held-out photos."""

    def __init__(self, network: Reconstructor, photos: PhotoDataset) -> None:
        points, frames = InnerPoints(network.assets.model), []
        self.people: list[str] = []
        errors: dict[str, list[torch.Tensor]] = {"photo_landmarks": [], "photo_pixels": []}
        for first in range(0, len(photos), BATCH):
            items = photos.__getitems__(list(range(first, min(first + BATCH, len(photos)))))
            batch = photos.pack(items).unpack()
            with torch.no_grad():
                made = network.decode(network.encoder(batch.image), RENDERED)
            self.people += [item.face.person for item in items]
            errors["photo_landmarks"].append(landmark_errors(points, made, batch.labels.seen))
            errors["photo_pixels"].append(pixel_errors(made, batch))
            for row, item in enumerate(items):
                if item.face.person == CLIP and ".mp4" in item.face.photo:
                    seen = item.face.landmarks[list(IBUG_68)].astype(float) * item.face.place.side
                    ours = made.landmarks[row].double().numpy() * item.face.place.side
                    frames.append(Frame(made.coefficients[row : row + 1], ours, seen))
        self.errors = {name: torch.cat(rows).numpy() for name, rows in errors.items()}
        self.track = Track(frames, network.assets).numbers()

    def mean(self, column: str) -> float:
        """Over photos, as validations log it."""
        return float(self.errors[column].mean())

    def by_person(self, column: str) -> dict[str, float]:
        people = np.array(self.people)
        return {person: round(float(self.errors[column][people == person].mean()), 2) for person in sorted(set(self.people))}

    def numbers(self) -> dict[str, object]:
        columns = {name: {"photos": round(self.mean(name), 2), "people": self.by_person(name)} for name in self.errors}
        return columns | {name: self.track[name] for name in TRACKED}


def show(found: dict[str, Measured]) -> None:
    table = Table("quantity", *found, title="people who are in no training")
    for column in ("photo_landmarks", "photo_pixels"):
        table.add_row(column, *(f"{each.mean(column):.2f}" for each in found.values()))
        for person in found["start"].by_person(column):
            table.add_row(f"  {person}", *(f"{each.by_person(column)[person]:.2f}" for each in found.values()))
    for name in TRACKED:
        table.add_row(name, *(f"{each.track[name]:.3f}" for each in found.values()))
    Console().print(table)


if __name__ == "__main__":
    main()
