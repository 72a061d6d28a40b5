"""Held-out synthetic faces beside their reconstructions: input, overlay, coarse, with detail, ground truth."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from jaxtyping import UInt8

from hiface_pl.data.store import SampleStore
from hiface_pl.data.synthetic import SyntheticDataset
from hiface_pl.evaluation.truth import TotalTruth
from hiface_pl.inference.sight import View
from hiface_pl.inference.studio import Studio
from hiface_pl.reconstructor import Reconstructor
from hiface_pl.report.tiles import Tile, contact_sheet
from hiface_pl.types import Coefficients, FaceBatch, Reconstruction

TILE = 200


@dataclass(frozen=True)
class Entry:
    """One network, what captions call it, and the held-out faces at its image size."""

    label: str
    network: Reconstructor
    store: Path


def held_out_sheet(networks: Sequence[Entry], indices: Sequence[int], title: str) -> UInt8[np.ndarray, "h w 3"]:
    """One line a sample: the input, what each network makes of it, the truth. Raises StoreError."""
    columns = [_reconstructed(entry, indices) for entry in networks]
    lines = zip(_inputs(networks[0], indices), *columns, _truths(networks[0], indices), strict=True)
    return contact_sheet([[tile for part in line for tile in part] for line in lines], title)


def _batch(entry: Entry, indices: Sequence[int]) -> FaceBatch:
    dataset = SyntheticDataset(SampleStore(entry.store))
    return dataset.collate(dataset.__getitems__(list(indices)))


def _inputs(entry: Entry, indices: Sequence[int]) -> list[list[Tile]]:
    return [[Tile(f"held-out face {index}", picture)] for index, picture in zip(indices, _pictures(_batch(entry, indices)), strict=True)]


def _pictures(batch: FaceBatch) -> list[UInt8[np.ndarray, "s s 3"]]:
    photos = np.rint(255 * batch.image.permute(0, 2, 3, 1).numpy()).astype(np.uint8)
    return [np.asarray(cv2.resize(photo, (TILE, TILE), interpolation=cv2.INTER_CUBIC), dtype=np.uint8) for photo in photos]


@torch.no_grad()
def _reconstructed(entry: Entry, indices: Sequence[int]) -> list[list[Tile]]:
    """Three tiles a sample, in the pose that the network found."""
    batch = _batch(entry, indices)
    guess: Reconstruction = entry.network.eval()(batch.image)
    studio, lines = Studio(entry.network.assets), []
    for number, picture in enumerate(_pictures(batch)):
        face, own = guess.shape.expressive[number].numpy(), _view(guess.coefficients, number)
        total = None if guess.detail is None else guess.detail.total[number, 0].numpy()
        coarse, detailed = studio.clay(face, None, own, TILE), studio.clay(face, total, own, TILE)
        over = Tile(f"{entry.label}, overlay", detailed.over(picture, 0.7))
        lines.append([over, Tile(f"{entry.label}, coarse", coarse.pixels), Tile(f"{entry.label}, + detail", detailed.pixels)])
    return lines


def _truths(entry: Entry, indices: Sequence[int]) -> list[list[Tile]]:
    batch, truth, studio = _batch(entry, indices), TotalTruth(entry.network.assets), Studio(entry.network.assets)
    shape, detail = truth.shape(batch.labels.coefficients), truth(batch.labels)
    lines = []
    for number in range(len(indices)):
        face, seen = shape.expressive[number].numpy(), _view(batch.labels.coefficients, number)
        coarse, detailed = studio.clay(face, None, seen, TILE), studio.clay(face, detail.total[number, 0].numpy(), seen, TILE)
        lines.append([Tile("truth, coarse", coarse.pixels), Tile("truth", detailed.pixels)])
    return lines


def _view(coefficients: Coefficients, number: int) -> View:
    return View(coefficients.pose[number : number + 1])
