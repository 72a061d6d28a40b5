"""Reconstructions and batches of the tiny face model with known answers."""

import numpy as np
import torch

from hiface_pl.data.age import age_distribution
from hiface_pl.evaluation.truth import TotalTruth
from hiface_pl.face_models.face_assets import FaceAssets
from hiface_pl.types import Coefficients, DetailMaps, Encoded, FaceBatch, Labels, Pose, Reconstruction, Shape


def labels_of(assets: FaceAssets, count: int, seed: int = 0) -> Labels:
    generator = torch.Generator().manual_seed(seed)
    model, modes = assets.model, len(assets.detail.static.basis)
    coefficients = Coefficients(
        identity=torch.randn(count, len(model.identity_basis), generator=generator),
        expression=torch.rand(count, len(model.expression_basis), generator=generator),
        static=torch.randn(count, modes, generator=generator),
        albedo=torch.zeros(count, len(assets.albedo.basis)),
        lighting=torch.zeros(count, 9, 3),
        pose=Pose(0.3 * torch.randn(count, 3, generator=generator), torch.tensor([[0.0, 0.0, -900.0]]).repeat(count, 1)),
    )
    flags = torch.ones(count, dtype=torch.bool)
    return Labels(
        flags, flags, flags, flags, coefficients,
        torch.randn(count, modes, generator=generator), torch.randn(count, modes, generator=generator),
        age_distribution(torch.linspace(30, 70, count)), torch.rand(count, 68, 2, generator=generator),
        torch.ones(count, 68), torch.ones(count, 1, 8, 8),
    )  # fmt: skip


def batch_of(labels: Labels) -> FaceBatch:
    count = len(labels.age)
    return FaceBatch(torch.zeros(count, 3, 8, 8), labels, torch.arange(count))


def answer(assets: FaceAssets, labels: Labels, identity: torch.Tensor, expression: torch.Tensor, static: torch.Tensor) -> Reconstruction:
    """The reconstruction that says these coefficients and otherwise the labels' pose, landmarks, poles and age."""
    model, detail = assets.model, assets.detail
    mean, identities, expressions = (torch.from_numpy(a) for a in (model.mean, model.identity_basis, model.expression_basis))
    neutral = mean + torch.einsum("bk,kvc->bvc", identity, identities)
    shape = Shape(neutral, neutral + torch.einsum("bk,kvc->bvc", expression, expressions))
    known = labels.coefficients
    coefficients = Coefficients(identity, expression, static, known.albedo, known.lighting, known.pose)
    static_map, compressed, stretched = (
        _map(assets, basis.mean, basis.basis, weights)
        for basis, weights in ((detail.static, static), (detail.compressed, labels.compressed), (detail.stretched, labels.stretched))
    )
    true = TotalTruth(assets)(labels)
    maps = DetailMaps(static_map, true.dynamic, compressed, stretched)
    return Reconstruction(Encoded(coefficients), shape, labels.landmarks, maps, None, labels.age.clamp_min(1e-30).log())


def _map(assets: FaceAssets, mean: np.ndarray, basis: np.ndarray, weights: torch.Tensor) -> torch.Tensor:
    size = assets.detail.size
    flat = torch.zeros(len(weights), size * size)
    flat[:, torch.from_numpy(assets.detail.texels.astype(np.int64))] = torch.from_numpy(mean) + weights @ torch.from_numpy(basis)
    return flat.view(-1, 1, size, size)
