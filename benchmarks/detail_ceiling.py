"""How much of the wrinkles is lost by where, for the shipped network: alignment, reading, shading. Skills over the mean map, per cent."""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from rich.console import Console
from rich.progress import track
from rich.table import Table
from torch import Tensor

from hiface_pl.data.synthetic import SyntheticDataset
from hiface_pl.encoders.posterior import PosteriorEncoder, read_of
from hiface_pl.encoders.shading_solve import LEAST_MASK
from hiface_pl.errors import CheckpointError
from hiface_pl.evaluation.truth import MapTruth
from hiface_pl.pretrained import shipped_model
from hiface_pl.rendering.camera import project, to_camera
from hiface_pl.report.benchmark import finish_benchmark
from hiface_pl.training.loading import load_reconstructor
from hiface_pl.types import Coefficients, Encoded, FaceBatch, Shape

BATCH = 20
MAPS = ("static", "compressed", "stretched")


@dataclass(frozen=True)
class Estimates:
    """Coefficients side by side by how they were found, and how far the face lies from the true one, pixels of a crop of 112."""

    found: dict[str, Tensor]
    misalignment: Tensor


@torch.no_grad()
def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("store", type=Path, help="synthetic samples of 224 pixels, of the validation split if something is to be decided")
    parser.add_argument("--weights", type=Path, default=shipped_model())
    parser.add_argument("--count", type=int, default=200)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    network = load_reconstructor(arguments.weights)
    encoder = network.encoder
    if not isinstance(encoder, PosteriorEncoder):
        raise CheckpointError(f"{arguments.weights} has a {type(encoder).__name__}: name a network with a PosteriorEncoder")
    masked = torch.from_numpy(network.assets.detail.mask.ravel()[encoder.reader.surface.texels.ravel()] > LEAST_MASK)
    parts = [estimates(encoder, batch, masked) for batch in track(list(batches(arguments.store, arguments.count)), transient=True)]
    found = {name: torch.cat([part.found[name] for part in parts]) for name in parts[0].found}
    truth, detail = found.pop("truth"), network.assets.detail
    kinds = [MapTruth(network.assets, basis) for basis in (detail.static, detail.compressed, detail.stretched)]
    skills = {name: dict(zip(MAPS, _skills(kinds, values, truth), strict=True)) for name, values in found.items()}
    off = float(torch.cat([part.misalignment for part in parts]).mean())
    print_table(skills, off)
    finish_benchmark("detail-ceiling", {"samples": len(truth), "misalignment_px112": off, "skills": skills})


def batches(store: Path, count: int) -> Iterator[FaceBatch]:
    data = SyntheticDataset(store)
    for first in range(0, min(count, len(data)), BATCH):
        yield data.collate([data[index] for index in range(first, min(count, len(data), first + BATCH))])


def estimates(encoder: PosteriorEncoder, batch: FaceBatch, masked: Tensor) -> Estimates:
    """What the reader reads, what the posterior makes of it, and of the same reading with shading from where the face truly is."""
    labels, image = batch.labels, batch.image
    encoded: Encoded = encoder.reader(image)
    face, true = encoded.coefficients, labels.coefficients
    placed = replace(face, identity=true.identity, expression=true.expression, pose=true.pose)
    lit = replace(placed, albedo=true.albedo, lighting=true.lighting)
    read = read_of(face)
    believed = {
        name: torch.lerp(read, encoder.posterior(encoder.look(image, known), read), encoder.share)
        for name, known in (("posterior", face), ("with true geometry", placed), ("and true light", lit))
    }
    truth = torch.cat([true.static, labels.compressed, labels.stretched], dim=1)
    return Estimates({"reading": read, **believed, "truth": truth}, misalignment(encoder, face, true, masked))


def misalignment(encoder: PosteriorEncoder, face: Coefficients, true: Coefficients, masked: Tensor) -> Tensor:
    """Mean distance in the image over the points of the detail mask, pixels of 112."""
    surface, places = encoder.reader.surface, []
    for known in (face, true):
        shape: Shape = surface.bases(known.identity, known.expression)
        places.append(112 * project(to_camera(shape.expressive, known.pose))[:, masked])
    return (places[0] - places[1]).norm(dim=2).mean(dim=1)


def _skills(kinds: list[MapTruth], found: Tensor, truth: Tensor) -> list[float]:
    sizes = [len(kind.basis) for kind in kinds]
    skills = []
    for kind, guess, known in zip(kinds, found.split(sizes, dim=1), truth.split(sizes, dim=1), strict=True):
        error, baseline = kind.rms((guess - known) @ kind.basis).mean(), kind.rms(known @ kind.basis).mean()
        skills.append(100 * (1 - float(error / baseline)))
    return skills


def print_table(skills: dict[str, dict[str, float]], off: float) -> None:
    table = Table(title=f"below the mean map, %; face off by {off:.2f} of 112 pixels")
    for name in ("", *MAPS):
        table.add_column(name)
    for name, row in skills.items():
        table.add_row(name, *(f"{value:.1f}" for value in row.values()))
    Console().print(table)


if __name__ == "__main__":
    main()
