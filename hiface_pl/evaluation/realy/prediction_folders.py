"""Predictions of a network for a benchmark's images, written as a user would bring them: NAME.obj in a folder, one folder a kind."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from hiface_pl.errors import PhotoError
from hiface_pl.evaluation.bound_folder import bind_folder
from hiface_pl.evaluation.realy.failure_reasons import reason_of, write_reasons
from hiface_pl.evaluation.realy.predicted_meshes import MeshPredictor
from hiface_pl.evaluation.realy.template import Template
from hiface_pl.meshes.write_obj import write_obj

MADE_FROM = "predictions.json"
COARSE, DETAILED = "predictions-c", "predictions-d"
"""Below the output folder. Paper: `-c` is the coarse shape, `-d` the one with detail."""


@dataclass(frozen=True)
class PredictionFolder:
    """Meshes of one kind, and the template that they share."""

    path: Path
    template: Template

    @property
    def results(self) -> Path:
        """Where the evaluation of these meshes goes: results-c, results-d."""
        return self.path.with_name(self.path.name.replace("predictions", "results"))


def prediction_folders(predictor: MeshPredictor, out: Path) -> tuple[PredictionFolder, ...]:
    """The folders that `write_predictions` fills: coarse, and detailed where the network makes detail."""
    coarse = PredictionFolder(out / COARSE, predictor.coarse)
    return (coarse, PredictionFolder(out / DETAILED, predictor.detailed)) if predictor.has_detail else (coarse,)


def write_predictions(
    predictor: MeshPredictor, weights: Path, images: Sequence[Path], out: Path, boxes: str, progress: Callable[[int, int], None]
) -> dict[str, str]:
    """A mesh of each kind for each image; returns why the others have none, which a file in each folder says as well.

    Meshes that are there stay: an interrupted run goes on. `weights` is the network's file, to whose bytes and to those of the images
    the output folder is bound, and to `boxes`, a word for how faces are found. Raises EvaluationError where it holds
    those of others, or OutputError.
    """
    bind_folder(out, MADE_FROM, _made_from(weights, images) | {"boxes": boxes})
    folders, failures = prediction_folders(predictor, out), {}
    for done, image in enumerate(images):
        progress(done, len(images))
        files = [folder.path / f"{image.stem}.obj" for folder in folders]
        if not all(file.is_file() for file in files):
            try:
                meshes = predictor.predict(image)
            except PhotoError as error:
                failures[image.stem] = reason_of(error)
                continue
            for mesh, file in zip((meshes.coarse, meshes.detailed), files, strict=False):
                if mesh is not None:
                    write_obj(mesh, file)
    progress(len(images), len(images))
    for folder in folders:
        write_reasons(folder.path, failures)
    return failures


def _made_from(weights: Path, images: Sequence[Path]) -> dict[str, str]:
    digest = hashlib.sha256()
    for image in images:
        digest.update(image.name.encode() + b"\0" + hashlib.sha256(image.read_bytes()).digest())
    return {"network": hashlib.sha256(weights.read_bytes()).hexdigest(), "images": digest.hexdigest()}
