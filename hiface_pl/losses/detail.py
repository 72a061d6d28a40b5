"""L_sta, L_com and L_str: displacement maps against those of the label coefficients, in millimetres over the detail mask.

Where a basis spans the predicted map, as in SD-DeTail, prediction and label differ by B (c - c^): its norm is a quadratic form of the
coefficients with the basis's Gram matrix, the same number as from the maps, and no map is made. Where a store's wrinkles lie outside the
bases, the label is the whole map, the part beyond the basis included.
"""

from abc import abstractmethod
from typing import ClassVar

import torch
from jaxtyping import Float
from torch import Tensor
from typing_extensions import override

from hiface_pl.errors import ConfigError
from hiface_pl.face_models.face_assets import DetailBases, DisplacementBasis, FaceAssets
from hiface_pl.losses.base import Loss, LossTerm
from hiface_pl.losses.reduce import gram_matrix, masked_rms, needed, quadratic_rms, safe_sqrt
from hiface_pl.types import DetailCoefficients, DetailMaps, FaceBatch, Labels, Reconstruction, Wanted


def map_distance(predicted: Float[Tensor, "b n"], label: Float[Tensor, "b n"], mask: Float[Tensor, " n"]) -> Float[Tensor, " b"]:
    """RMS over the masked texels of D - D^, mm.

    Paper: ||M_detail * (D - D^)||_2. Our choice: as a root mean square, so that lambda_detail = 10 weighs a tenth of a millimetre of
    displacement like a millimetre of coarse shape (lambda_shp = 1), at every map size.
    """
    return masked_rms(predicted - label, mask[None])


def whole_map(predicted: Tensor | None, size: int, term: str) -> Float[Tensor, "b 1 r r"]:
    """The predicted map. Raises ConfigError where there is none or one of another size."""
    maps = needed(predicted, term, "a detail head that makes this map")
    if maps.shape[-1] != size:
        raise ConfigError(f"the loss {term} compares maps of {size} texels, the detail head makes {maps.shape[-1]}: give both one size")
    return maps


class MapLoss(Loss):
    """What the three detail losses share. Valid on samples with `has_detail`."""

    needs = Wanted.DETAIL
    row: ClassVar[int]
    """Of `Labels.residual`."""
    texels: Tensor
    mask: Tensor
    mean: Tensor
    basis: Tensor
    gram: Tensor

    def __init__(self, weight: float = 10.0) -> None:
        super().__init__(weight)

    @override
    def bind(self, assets: FaceAssets) -> None:
        detail = assets.detail
        chosen = self.chosen_basis(detail)
        self.size = detail.size
        self.register_buffer("texels", torch.from_numpy(detail.texels).long(), persistent=False)
        self.register_buffer("mask", torch.from_numpy(detail.mask.ravel()[detail.texels]), persistent=False)
        self.register_buffer("mean", torch.from_numpy(chosen.mean), persistent=False)
        self.register_buffer("basis", torch.from_numpy(chosen.basis), persistent=False)
        self.register_buffer("gram", gram_matrix(self.basis[..., None], self.mask), persistent=False)

    @override
    def forward(self, reconstruction: Reconstruction, batch: FaceBatch) -> LossTerm:
        spanned, label = reconstruction.spanned, self.label(batch.labels)
        beyond = None if batch.labels.residual is None else batch.labels.residual[:, self.row]
        predicted = None if spanned is None else self.predicted(spanned)
        if predicted is None:
            value = map_distance(self._read(reconstruction), self._whole_label(label, beyond), self.mask)
        elif beyond is None:
            value = quadratic_rms(predicted - label, self.gram)
        else:
            value = self._distance_with(beyond, predicted - label)
        return LossTerm(value, batch.labels.has_detail)

    def _read(self, reconstruction: Reconstruction) -> Float[Tensor, "b n"]:
        predicted = None if reconstruction.detail is None else self.predicted_map(reconstruction.detail)
        return whole_map(predicted, self.size, type(self).__name__).flatten(1)[:, self.texels]

    def _whole_label(self, label: Float[Tensor, "b k"], beyond: Float[Tensor, "b n"] | None) -> Float[Tensor, "b n"]:
        spanned = self.mean + label @ self.basis
        return spanned if beyond is None else spanned + beyond

    def _distance_with(self, beyond: Float[Tensor, "b n"], difference: Float[Tensor, "b k"]) -> Float[Tensor, " b"]:
        """The RMS of B d - r: d^T G d - 2 d^T B M^2 r + |M r|^2, by parts."""
        weighted = self.mask.square() * beyond / self.mask.square().sum()
        crossed = (difference * (weighted @ self.basis.T)).sum(dim=1)
        squared = ((difference @ self.gram) * difference).sum(dim=1) - 2 * crossed + (weighted * beyond).sum(dim=1)
        return safe_sqrt(squared.clamp_min(0))

    @abstractmethod
    def chosen_basis(self, bases: DetailBases) -> DisplacementBasis:
        """The basis that the label coefficients belong to."""

    @abstractmethod
    def predicted(self, spanned: DetailCoefficients) -> Tensor | None:
        """The predicted coefficients of that basis, None where the head has none."""

    @abstractmethod
    def predicted_map(self, detail: DetailMaps) -> Tensor | None:
        """The predicted map, None where the head has no such map."""

    @abstractmethod
    def label(self, labels: Labels) -> Tensor:
        """The label coefficients."""


class StaticDetailLoss(MapLoss):
    """L_sta. Paper: ||M_detail * (D_sta - D_sta^)||_2."""

    row = 0

    @override
    def chosen_basis(self, bases: DetailBases) -> DisplacementBasis:
        return bases.static

    @override
    def predicted(self, spanned: DetailCoefficients) -> Tensor | None:
        return spanned.static

    @override
    def predicted_map(self, detail: DetailMaps) -> Tensor | None:
        return detail.static

    @override
    def label(self, labels: Labels) -> Tensor:
        return labels.coefficients.static


class CompressedDetailLoss(MapLoss):
    """L_com. Paper: ||M_detail * (D_com - D_com^)||_2."""

    row = 1

    @override
    def chosen_basis(self, bases: DetailBases) -> DisplacementBasis:
        return bases.compressed

    @override
    def predicted(self, spanned: DetailCoefficients) -> Tensor | None:
        return spanned.compressed

    @override
    def predicted_map(self, detail: DetailMaps) -> Tensor | None:
        return detail.compressed

    @override
    def label(self, labels: Labels) -> Tensor:
        return labels.compressed


class StretchedDetailLoss(MapLoss):
    """L_str. Paper: ||M_detail * (D_str - D_str^)||_2."""

    row = 2

    @override
    def chosen_basis(self, bases: DetailBases) -> DisplacementBasis:
        return bases.stretched

    @override
    def predicted(self, spanned: DetailCoefficients) -> Tensor | None:
        return spanned.stretched

    @override
    def predicted_map(self, detail: DetailMaps) -> Tensor | None:
        return detail.stretched

    @override
    def label(self, labels: Labels) -> Tensor:
        return labels.stretched
