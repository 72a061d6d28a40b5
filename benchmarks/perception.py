"""What the networks that read photos do: time, landmarks against known faces, identities told apart. The last line is JSON.

    python benchmarks/perception.py [--faces 150]

Fetches the assets `perception` and `test-photos` once. Landmarks are measured on synthetic faces, whose points are known: the distance
between what the detector finds and where the face model's 468 points are projected, in percent of the distance of the outer eye corners in
the picture. It holds the detector's own error, that of the places on the model, and what makes synthetic faces unlike photos. Time is CPU
time of one thread.
"""

import argparse
import io
import tarfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from rich.console import Console
from rich.table import Table
from skimage.data import astronaut

from hiface_pl.assets.fetch import fetch
from hiface_pl.assets.manifest import assets_named
from hiface_pl.face_models.derive import face_assets
from hiface_pl.face_models.landmark_places import landmark_places
from hiface_pl.face_models.open_face import OpenFace
from hiface_pl.perception.age import DlibAge
from hiface_pl.perception.embedder import Embedder
from hiface_pl.perception.face_chip import face_chips
from hiface_pl.perception.face_landmarks import FaceLandmarks, LandmarkDetector
from hiface_pl.perception.identity import DlibIdentity
from hiface_pl.perception.landmark_points import FIVE, LEFT_EYE_OUTER, RIGHT_EYE_OUTER
from hiface_pl.perception.mediapipe_landmarks import MediapipeLandmarks
from hiface_pl.perception.oval_skin import OvalSkin
from hiface_pl.rendering.camera import project, to_camera
from hiface_pl.report.benchmark import finish_benchmark
from hiface_pl.synthesis.generator import Generator
from hiface_pl.synthesis.sample import SyntheticSample
from hiface_pl.types import Pose

SIZE, SEED = 224, 7
LEAST_FREE = 0.05
"""Faces of which something covers more are left out."""
TURNED = (10, 25, 90)
"""Degrees to either side up to which faces are counted together."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--faces", type=int, default=150, help="synthetic faces to look at (150)")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    for entry in [*assets_named(["perception"]), *assets_named(["test-photos"])]:
        fetch(entry.name)
    detector = MediapipeLandmarks()
    result = {**on_photos(detector), **on_synthetic_faces(detector, arguments.faces)}
    table = Table("quantity", "value")
    for name, value in result.items():
        table.add_row(name.replace("_", " "), f"{value:g}")
    Console().print(table)
    finish_benchmark("perception", result, SEED)


def on_photos(detector: LandmarkDetector) -> dict[str, float]:
    photos = {"astronaut": astronaut(), **test_photos()}
    found = {name: detector.find(photo)[0] for name, photo in photos.items()}
    identity, age, skin = DlibIdentity(), DlibAge(), OvalSkin()
    vectors = {name: identity(chip(photo, found[name], identity))[0] for name, photo in photos.items()}
    same = [name for name in photos if name.startswith("obama")]
    distances = {(a, b): float((vectors[a] - vectors[b]).norm()) for a in photos for b in photos if a < b}
    near = [value for pair, value in distances.items() if set(pair) <= set(same)]
    far = [value for pair, value in distances.items() if not set(pair) <= set(same)]
    shown, face = photos["astronaut"], found["astronaut"]
    chips = {network: chip(shown, face, network) for network in (identity, age)}
    return {
        "same_person_farthest": round(max(near), 3),
        "other_person_nearest": round(min(far), 3),
        "astronaut_age": round(float(age(chips[age])[0] @ torch.arange(81.0)), 1),
        "detect_ms": best_ms(lambda: detector.find(shown)),
        "identity_ms": best_ms(lambda: identity(chips[identity])),
        "age_ms": best_ms(lambda: age(chips[age])),
        "skin_ms": best_ms(lambda: skin.mask(shown, face)),
    }


def test_photos() -> dict[str, np.ndarray]:
    with tarfile.open(fetch("test-photos")) as archive:
        names = [name for name in archive.getnames() if "/test_images/" in name and name.endswith(".jpg") and "partial" not in name]
        contents = {Path(name).stem: archive.extractfile(name).read() for name in names}  # type: ignore[union-attr]
    return {name: np.asarray(Image.open(io.BytesIO(content)).convert("RGB")) for name, content in contents.items()}


def chip(photo: np.ndarray, face: FaceLandmarks, network: Embedder) -> torch.Tensor:
    pixels = torch.from_numpy(photo.copy()).permute(2, 0, 1)[None].float() / 255
    return face_chips(pixels, torch.from_numpy(face.points[list(FIVE)] / photo.shape[1]).float()[None], network.layout)


def best_ms(work: Callable[[], object], rounds: int = 15) -> float:
    times = []
    for _ in range(rounds):
        start = time.process_time()
        work()
        times.append(time.process_time() - start)
    return round(1000 * min(times), 1)


def on_synthetic_faces(detector: LandmarkDetector, count: int) -> dict[str, float]:
    assets = face_assets(OpenFace().load())
    generator, places = Generator(assets, SIZE, SEED, "test"), landmark_places(assets.model)
    offsets, turns, missed = [], [], 0
    for sample in (generator.sample(index) for index in range(count)):
        if sample.occlusion > LEAST_FREE:
            continue
        around = np.pad(sample.image, ((SIZE // 2,) * 2, (SIZE // 2,) * 2, (0, 0)), mode="edge")
        faces = detector.find(around)
        missed += not faces
        if faces:
            vertices = assets.model.vertices(sample.identity, sample.expression)
            offsets.append(distances(faces[0].points - SIZE // 2, projected(places.points.on(vertices), sample)))
            turns.append(abs(np.rad2deg(float(sample.rotation[1]))))
    return {"faces": len(offsets), "missed": missed, **by_turn(np.array(offsets), np.array(turns), places.contour)}


def projected(points: np.ndarray, sample: SyntheticSample) -> np.ndarray:
    pose = Pose(torch.tensor(sample.rotation)[None], torch.tensor(sample.translation)[None])
    return project(to_camera(torch.from_numpy(points)[None], pose))[0].numpy() * SIZE


def distances(found: np.ndarray, known: np.ndarray) -> np.ndarray:
    return 100 * np.linalg.norm(found - known, axis=1) / np.linalg.norm(known[RIGHT_EYE_OUTER] - known[LEFT_EYE_OUTER])


def by_turn(offsets: np.ndarray, turns: np.ndarray, contour: np.ndarray) -> dict[str, float]:
    result = {}
    for low, high in zip((0, *TURNED), TURNED, strict=False):
        rows = offsets[(turns >= low) & (turns < high)]
        for name, group in (("inner", ~contour), ("contour", contour)):
            result[f"{name}_percent_{low}_to_{high}_degrees"] = round(float(rows[:, group].mean()), 2) if len(rows) else float("nan")
    return result


if __name__ == "__main__":
    main()
