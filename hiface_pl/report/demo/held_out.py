"""Held-out synthetic faces beside their reconstructions: input, overlay, coarse, with detail, ground truth."""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import torch
from jaxtyping import UInt8

from hiface_pl.data.store import SampleStore
from hiface_pl.data.synthetic import SyntheticDataset
from hiface_pl.evaluation.truth import TotalTruth
from hiface_pl.inference.studio import Studio, View
from hiface_pl.reconstructor import Reconstructor
from hiface_pl.report.tiles import Tile, contact_sheet
from hiface_pl.types import Coefficients, DetailMaps, FaceBatch, Reconstruction, Shape

TILE = 200


@torch.no_grad()
def held_out_sheet(reconstructor: Reconstructor, store: Path, indices: Sequence[int], title: str) -> UInt8[np.ndarray, "h w 3"]:
    """One row a sample of the store. Raises StoreError."""
    dataset = SyntheticDataset(SampleStore(store))
    batch = dataset.collate(dataset.__getitems__(list(indices)))
    reconstruction = reconstructor.eval()(batch.image)
    truth = TotalTruth(reconstructor.assets)
    shape, detail = truth.shape(batch.labels.coefficients), truth(batch.labels)
    studio = Studio(reconstructor.assets)
    rows = [_row(studio, batch, reconstruction, shape, detail, number) for number in range(len(indices))]
    return contact_sheet(rows, title)


def _row(studio: Studio, batch: FaceBatch, guess: Reconstruction, shape: Shape, detail: DetailMaps, number: int) -> list[Tile]:
    photo = np.rint(255 * batch.image[number].permute(1, 2, 0).numpy()).astype(np.uint8)
    large = np.asarray(cv2.resize(photo, (TILE, TILE), interpolation=cv2.INTER_CUBIC), dtype=np.uint8)
    ours, own = guess.shape.expressive[number].numpy(), _view(guess.coefficients, number)
    total = None if guess.detail is None else guess.detail.total[number, 0].numpy()
    detailed = studio.clay(ours, total, own, TILE)
    true, seen = shape.expressive[number].numpy(), _view(batch.labels.coefficients, number)
    return [
        Tile(f"held-out face {int(batch.index[number])}", large),
        Tile("overlay", detailed.over(large, 0.7)),
        Tile("coarse", studio.clay(ours, None, own, TILE).pixels),
        Tile("+ detail", detailed.pixels),
        Tile("truth, coarse", studio.clay(true, None, seen, TILE).pixels),
        Tile("truth", studio.clay(true, detail.total[number, 0].numpy(), seen, TILE).pixels),
    ]


def _view(coefficients: Coefficients, number: int) -> View:
    return View(coefficients.pose[number : number + 1])
