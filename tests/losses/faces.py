"""Batches and reconstructions of the tiny face model, made without any network."""

from dataclasses import replace

import torch

from hiface_pl.face_models.face_assets import FaceAssets
from hiface_pl.types import Coefficients, DetailMaps, Encoded, FaceBatch, Labels, Pose, Reconstruction, Rendering, Shape

SIZE = 16


def coefficients(assets: FaceAssets, batch: int, seed: int) -> Coefficients:
    generator = torch.Generator().manual_seed(seed)

    def normal(*size: int) -> torch.Tensor:
        return torch.randn(batch, *size, generator=generator)

    pose = Pose(0.3 * normal(3), torch.tensor([0.0, 0.0, -900.0]) + 5 * normal(3))
    return Coefficients(normal(4), normal(4).clamp(0, 1), normal(5), normal(3), normal(9, 3), pose)


def batch_of(assets: FaceAssets, batch: int = 3, seed: int = 0) -> FaceBatch:
    generator = torch.Generator().manual_seed(seed + 100)
    known = torch.ones(batch, dtype=torch.bool)
    labels = Labels(
        known,
        known,
        known,
        known,
        coefficients(assets, batch, seed),
        torch.randn(batch, 5, generator=generator),
        torch.randn(batch, 5, generator=generator),
        torch.rand(batch, 81, generator=generator).softmax(dim=1),
        torch.rand(batch, 68, 2, generator=generator),
        torch.ones(batch, 68),
        torch.ones(batch, 1, SIZE, SIZE),
    )
    return FaceBatch(torch.rand(batch, 3, SIZE, SIZE, generator=generator), labels, torch.arange(batch))


def shape_of(assets: FaceAssets, known: Coefficients) -> Shape:
    model = assets.model
    neutral = torch.from_numpy(model.mean) + torch.einsum("bk,kvc->bvc", known.identity, torch.from_numpy(model.identity_basis))
    return Shape(neutral, neutral + torch.einsum("bk,kvc->bvc", known.expression, torch.from_numpy(model.expression_basis)))


def maps_of(assets: FaceAssets, batch: FaceBatch) -> DetailMaps:
    detail = assets.detail

    def full(basis, values: torch.Tensor) -> torch.Tensor:
        flat = torch.zeros(len(values), detail.size**2)
        flat[:, torch.from_numpy(detail.texels).long()] = torch.from_numpy(basis.mean) + values @ torch.from_numpy(basis.basis)
        return flat.view(-1, 1, detail.size, detail.size)

    static = full(detail.static, batch.labels.coefficients.static)
    compressed, stretched = full(detail.compressed, batch.labels.compressed), full(detail.stretched, batch.labels.stretched)
    return DetailMaps(static, torch.zeros_like(static), compressed, stretched)


def perfect(assets: FaceAssets, batch: FaceBatch) -> Reconstruction:
    """What a network without any error would return."""
    labels = batch.labels
    ones = torch.ones(len(batch.image), 1, SIZE, SIZE)
    rendering = Rendering(batch.image.clone(), ones, ones, ones, torch.zeros_like(batch.image))
    return Reconstruction(
        Encoded(labels.coefficients, landmarks=labels.landmarks.clone()),
        shape_of(assets, labels.coefficients),
        labels.landmarks.clone(),
        maps_of(assets, batch),
        rendering,
        labels.age.log(),
    )


def with_coefficients(reconstruction: Reconstruction, **changed) -> Reconstruction:
    new = replace(reconstruction.coefficients, **changed)
    return replace(reconstruction, encoded=replace(reconstruction.encoded, coefficients=new))
