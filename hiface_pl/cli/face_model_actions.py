"""What `hiface-pl face-model` does."""

import argparse
from importlib import import_module
from pathlib import Path

import cv2
from rich.console import Console
from rich.progress import Progress

from hiface_pl.assets.fetch import fetch
from hiface_pl.errors import ConfigError
from hiface_pl.evaluation.realy.named_template import named_template
from hiface_pl.evaluation.realy.template_file import read_template
from hiface_pl.evaluation.realy.write_template import write_template
from hiface_pl.face_models.derive import face_assets
from hiface_pl.face_models.landmark_offsets import write_offsets
from hiface_pl.face_models.landmark_picture import landmark_picture
from hiface_pl.face_models.landmark_places import landmark_places
from hiface_pl.face_models.model_file import save_face_model
from hiface_pl.face_models.model_sheet import model_sheet
from hiface_pl.face_models.named_source import named_source
from hiface_pl.face_models.open_face import OpenFace
from hiface_pl.face_models.open_model.build import build_open_face, coarse_head
from hiface_pl.face_models.open_model.keypoints import keypoints_json, symmetric_points
from hiface_pl.face_models.open_model.landmarks import find_landmarks
from hiface_pl.paths import replacing
from hiface_pl.perception.canonical_face import canonical_face
from hiface_pl.perception.landmark_network import LandmarkNetwork

FEWEST_FACES = 50


def run(arguments: argparse.Namespace) -> int:
    """Runs the action. Returns the exit code."""
    actions = (build, show, convert, landmarks, points, calibrate, template)
    return {action.__name__: action for action in actions}[arguments.action](arguments)


def build(arguments: argparse.Namespace) -> int:
    """Fetches the sources if they are not there, and writes the model."""
    _require_suffix(arguments.out, ".npz")
    console = Console(stderr=True)
    with console.status("building the open face model from its sources (about a minute)"):
        model = build_open_face(fetch("makehuman"))
    save_face_model(model, arguments.out)
    console.print(f"{arguments.out}: {len(model.mean)} vertices, {len(model.identity_basis)} modes, fingerprint {model.fingerprint}")
    return 0


def show(arguments: argparse.Namespace) -> int:
    """Draws the sheet."""
    _require_suffix(arguments.out, ".png")
    model = named_source(arguments.model).load()
    with replacing(arguments.out) as temporary:
        cv2.imwrite(str(temporary), cv2.cvtColor(model_sheet(model), cv2.COLOR_RGB2BGR))
    size = f"{len(model.mean)} vertices, {len(model.identity_basis)} modes, {len(model.expression_names)} units"
    Console(stderr=True).print(f"{model.name}: {size}, licence {model.licence}\n{arguments.out}", highlight=False)
    return 0


def convert(arguments: argparse.Namespace) -> int:
    """Writes a model of any source as a face model file."""
    _require_suffix(arguments.out, ".npz")
    save_face_model(named_source(arguments.model).load(), arguments.out)
    Console(stderr=True).print(f"{arguments.out}")
    return 0


def template(arguments: argparse.Namespace) -> int:
    """Writes a face model's template as REALY's public evaluator reads it."""
    _require_suffix(arguments.out, ".obj")
    other = None if arguments.points_of is None else read_template(arguments.points_of)
    made = named_template(arguments.model, other)
    files = write_template(made, arguments.out)
    size = f"{made.vertex_count} vertices, {len(made.triangles)} triangles, keypoints {made.keypoint_hash}"
    Console(stderr=True).print(f"{made.name}: {size}\n{files[0]}\n{files[1]}", highlight=False, markup=False)
    return 0


def landmarks(arguments: argparse.Namespace) -> int:
    """Looks at random heads of the shipped model with a landmark network and writes the builder's constants."""
    _require_suffix(arguments.out, ".json")
    fetch("mediapipe")
    network = LandmarkNetwork()
    found = find_landmarks(OpenFace(subdivisions=1).load(), network, arguments.heads)
    head = coarse_head(fetch("makehuman"))
    points = symmetric_points(OpenFace(subdivisions=0).load(), head, found.places)
    provenance = (
        f"Median of face_landmark.tflite (Python package mediapipe 0.10.21) over {found.pictures} pictures of {arguments.heads} random "
        "heads, made symmetric and projected onto the skin: `hiface-pl face-model landmarks`."
    )
    with replacing(arguments.out) as temporary:
        temporary.write_text(keypoints_json(points, head, provenance))
    Console(stderr=True).print(
        f"{arguments.out}: median spread of a point {found.spread[17:].mean():.1f} mm, on the jaw {found.spread[:17].mean():.1f} mm"
    )
    return 0


def points(arguments: argparse.Namespace) -> int:
    """Draws where the detector's 468 points lie on the model, and says how far from the skin the registration ended."""
    _require_suffix(arguments.out, ".png")
    model = named_source(arguments.model).load()
    places = landmark_places(model)
    with replacing(arguments.out) as temporary:
        cv2.imwrite(str(temporary), cv2.cvtColor(landmark_picture(model, places, canonical_face().triangles), cv2.COLOR_RGB2BGR))
    residual = f"{places.residual.mean():.2f} mm from the skin on average, {places.residual.max():.2f} mm at most"
    Console(stderr=True).print(f"{model.name}: {len(places.residual)} points, {residual}\n{arguments.out}", highlight=False)
    return 0


def calibrate(arguments: argparse.Namespace) -> int:
    """Looks at renderings of the open model with the landmark network and writes the offsets of its points."""
    _require_suffix(arguments.out, ".json")
    if arguments.faces < FEWEST_FACES:
        raise ConfigError(f"--faces {arguments.faces} are too few to measure offsets: give {FEWEST_FACES} or more")
    for name in ("mediapipe", "face-mesh"):
        fetch(name)
    console = Console(stderr=True, highlight=False)
    calibration = import_module("hiface_pl.synthesis.landmark_calibration")
    model = OpenFace().load()
    places = landmark_places(model)
    with Progress(console=console, transient=True) as bar:
        task = bar.add_task("renderings", total=arguments.faces)
        seen = calibration.seen_faces(face_assets(model), places.points, LandmarkNetwork(), arguments.faces, lambda: bar.advance(task))
        found = calibration.calibrated(list(seen), places.contour)
    provenance = (
        f"Where face_landmark.tflite (Python package mediapipe 0.10.21) puts its points on {found.faces} renderings with known shape, "
        "against the registered mesh: `hiface-pl face-model calibrate`."
    )
    write_offsets(found.offsets, model, provenance, arguments.out)
    errors = f"{found.before:.2f} mm without the offsets, {found.after:.2f} mm with them"
    console.print(f"{model.name}: {found.faces} faces; on a fifth kept apart the points are off by {errors}\n{arguments.out}")
    return 0


def _require_suffix(path: Path, suffix: str) -> None:
    if path.suffix.lower() != suffix:
        raise ConfigError(f"--out {path} does not end in {suffix}: give it a name that does")
