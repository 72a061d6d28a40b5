"""Distances in millimetres of what identity and expression coefficients span, each apart from the other.

Our choice, for small scales: L_ver mixes the two, and a network that sees few images then explains identity by expression. With the bases'
Gram matrices no vertex is built, so a term costs nothing next to the encoder.
"""

from abc import abstractmethod

import numpy as np
import torch
from torch import Tensor
from typing_extensions import override

from hiface_pl.face_models.face_assets import FaceAssets
from hiface_pl.face_models.face_model import FaceModel
from hiface_pl.losses.base import Loss, LossTerm
from hiface_pl.losses.reduce import gram_matrix, quadratic_rms
from hiface_pl.types import Coefficients, FaceBatch, Reconstruction, Wanted


class SpannedLoss(Loss):
    """RMS over the face region of B (c - c^), mm. Valid on samples with `has_geometry`."""

    needs = Wanted.NOTHING

    gram: Tensor

    @override
    def bind(self, assets: FaceAssets) -> None:
        basis = torch.from_numpy(self.basis(assets.model))
        self.register_buffer("gram", gram_matrix(basis, torch.from_numpy(assets.regions.face)), persistent=False)

    @override
    def forward(self, reconstruction: Reconstruction, batch: FaceBatch) -> LossTerm:
        difference = self.chosen(reconstruction.coefficients) - self.chosen(batch.labels.coefficients)
        return LossTerm(quadratic_rms(difference, self.gram), batch.labels.has_geometry)

    @abstractmethod
    def basis(self, model: FaceModel) -> np.ndarray:
        """The basis (k v 3) as an array."""

    @abstractmethod
    def chosen(self, coefficients: Coefficients) -> Tensor:
        """The coefficients of that basis."""


class IdentityLoss(SpannedLoss):
    """RMS of B_id (beta - beta^) over the face, mm."""

    @override
    def basis(self, model: FaceModel) -> np.ndarray:
        return model.identity_basis

    @override
    def chosen(self, coefficients: Coefficients) -> Tensor:
        return coefficients.identity


class ExpressionLoss(SpannedLoss):
    """RMS of B_exp (xi - xi^) over the face, mm."""

    @override
    def basis(self, model: FaceModel) -> np.ndarray:
        return model.expression_basis

    @override
    def chosen(self, coefficients: Coefficients) -> Tensor:
        return coefficients.expression
