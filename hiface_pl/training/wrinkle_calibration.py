"""Measures what `PosteriorEncoder` knows about noise and about its reader, on synthetic faces: closed forms, no gradients."""

from collections.abc import Iterable
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from hiface_pl.encoders.posterior import PosteriorEncoder, read_of
from hiface_pl.evaluation.truth import MapTruth
from hiface_pl.face_models.face_assets import FaceAssets
from hiface_pl.types import Encoded, FaceBatch

LARGEST = 0.3
"""Fine shading is cut off here while noise is measured."""
CLIP = 4.0
"""Standard deviations at which it is cut off while its common patterns are found."""
LEAST_SEEN = 3.0
"""Samples that show a point, at least, in the denominator."""
MOST_EXPLAINED = 0.9


@dataclass(frozen=True)
class Observed:
    """Fine shading, what true wrinkles add to it by J c, how well it was seen, and what the reader read, a row a face."""

    fine: Float[Tensor, "f n"]
    true: Float[Tensor, "f n"]
    seen: Float[Tensor, "f n"]
    read: Float[Tensor, "f k"]


@torch.no_grad()
def calibrate(encoder: PosteriorEncoder, assets: FaceAssets, batches: Iterable[FaceBatch]) -> None:
    """Fills the buffers of the encoder, in evaluation mode, from batches with labels of detail."""
    observed = _observe(encoder, batches)
    mask = encoder.shading.mask
    count = observed.seen.sum(dim=0).clamp(min=LEAST_SEEN)
    bias = (observed.seen * observed.fine).sum(dim=0) / count
    centred = (observed.fine - bias) * (observed.seen > 0)
    deviation = ((observed.seen * centred.square()).sum(dim=0) / count).sqrt().clamp(min=0.02)
    noise = encoder.noise
    noise.level.copy_(torch.stack([bias, deviation]))
    noise.gain.copy_((observed.seen * centred * observed.true).sum() / (observed.seen * observed.true.square()).sum())
    noise.modes.copy_(_modes(centred, deviation, mask, len(noise.modes)))
    _calibrate_reading(encoder, assets, observed.read)


def _observe(encoder: PosteriorEncoder, batches: Iterable[FaceBatch]) -> Observed:
    rows: list[tuple[Tensor, Tensor, Tensor, Tensor]] = []
    for batch in batches:
        found: Encoded = encoder.reader(batch.image)
        seen = encoder.look(batch.image, found.coefficients)
        labels = batch.labels
        true = torch.cat([labels.coefficients.static, labels.compressed, labels.stretched], dim=1)
        shading = (true[:, None] @ seen.jacobian)[:, 0]
        rows.append((seen.fine.clamp(-LARGEST, LARGEST), shading, seen.seen, read_of(found.coefficients)))
    return Observed(*(torch.cat(parts) for parts in zip(*rows, strict=True)))


def _modes(centred: Float[Tensor, "f n"], deviation: Float[Tensor, " n"], mask: Float[Tensor, " n"], count: int) -> Float[Tensor, "m n"]:
    """The strongest patterns that fine shading of different faces has in common, scaled so that their amounts have variance 1."""
    weight = mask.sqrt()
    rows = (centred / deviation).clamp(-CLIP, CLIP) * weight / len(centred) ** 0.5
    values, vectors = torch.linalg.eigh(rows @ rows.mT)
    strongest = values.argsort(descending=True)[:count]
    return (vectors[:, strongest].mT @ rows) * deviation / weight


def _calibrate_reading(encoder: PosteriorEncoder, assets: FaceAssets, read: Float[Tensor, "f k"]) -> None:
    """Directions in which readings vary most, in mm of the maps, made independent of each other among people, and how much they explain.

    Readings are taken as posterior means: their variance is the share of the people's variance that they explain.
    """
    prior, metric = encoder.prior, _root_metric(assets).to(read)
    vary = (read - prior.mean) @ metric.mT
    _, directions = torch.linalg.eigh(vary.mT @ vary / len(vary))
    directions = directions[:, -encoder.directions :]
    project = metric.mT @ directions
    people = (prior.people - prior.mean) @ project
    factor = torch.linalg.cholesky(people.mT @ people / len(people))
    project = torch.linalg.solve_triangular(factor, project.mT, upper=False).mT
    said = (read - prior.mean) @ project
    explained, vectors = torch.linalg.eigh(said.mT @ said / len(said))
    encoder.channel.copy_(project @ vectors)
    encoder.explained.copy_(explained.clamp(0, MOST_EXPLAINED))


def _root_metric(assets: FaceAssets) -> Float[Tensor, "k k"]:
    """R with |R c| the root mean square of the three maps, mm."""
    detail, roots = assets.detail, []
    for basis in (detail.static, detail.compressed, detail.stretched):
        truth = MapTruth(assets, basis)
        weighted = truth.basis.double() * truth.weights / truth.weights.sum()
        roots.append(torch.linalg.cholesky(weighted @ truth.basis.double().mT).mT)
    return torch.block_diag(*roots)
