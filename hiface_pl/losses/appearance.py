"""Albedo and lighting against the labels. Our choice, for runs without L_pho: synthetic faces know both."""

import torch
from torch import Tensor
from typing_extensions import override

from hiface_pl.face_models.face_assets import FaceAssets
from hiface_pl.losses.base import Loss, LossTerm
from hiface_pl.losses.reduce import gram_matrix, quadratic_rms, safe_sqrt
from hiface_pl.types import FaceBatch, Reconstruction, Wanted

PERCENT = 100.0


class AlbedoLoss(Loss):
    """RMS over the skin's texels and channels of B_alb (alpha - alpha^), percent of linear reflectance. Valid with `has_geometry`."""

    needs = Wanted.NOTHING

    gram: Tensor

    @override
    def bind(self, assets: FaceAssets) -> None:
        size = assets.albedo.size
        basis = torch.from_numpy(assets.albedo.basis).flatten(2).transpose(1, 2)
        covered = torch.from_numpy(assets.atlas.covered)[None, None].float()
        inside = torch.nn.functional.interpolate(covered, (size, size), mode="area").flatten()
        self.register_buffer("gram", gram_matrix(basis, inside) / 3, persistent=False)

    @override
    def forward(self, reconstruction: Reconstruction, batch: FaceBatch) -> LossTerm:
        difference = reconstruction.coefficients.albedo - batch.labels.coefficients.albedo
        return LossTerm(PERCENT * quadratic_rms(difference, self.gram), batch.labels.has_geometry)


class LightingLoss(Loss):
    """RMS of the differences of the 27 spherical-harmonics coefficients. Valid on samples with `has_geometry`."""

    needs = Wanted.NOTHING

    @override
    def forward(self, reconstruction: Reconstruction, batch: FaceBatch) -> LossTerm:
        difference = reconstruction.coefficients.lighting - batch.labels.coefficients.lighting
        return LossTerm(safe_sqrt(difference.square().mean(dim=(1, 2))), batch.labels.has_geometry)
