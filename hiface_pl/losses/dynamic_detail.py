"""The dynamic map as a whole against that of the labels: L_detail of heads whose dynamic detail has no poles to compare."""

import torch
from jaxtyping import Float
from torch import Tensor
from typing_extensions import override

from hiface_pl.details.pole_blend import PoleBlend, blend
from hiface_pl.details.tension import MeanTension, Tension
from hiface_pl.face_models.face_assets import FaceAssets
from hiface_pl.losses.base import Loss, LossTerm
from hiface_pl.losses.detail import map_distance, whole_map
from hiface_pl.shapes.linear import LinearShape
from hiface_pl.types import FaceBatch, Labels, Reconstruction, Wanted


class DynamicDetailLoss(Loss):
    """||M_detail * (D_dyn - D_dyn^)||_2, mm, with D_dyn^ blended from the labels' poles and shape. Valid on samples with `has_detail`.

    Our choice, for SD-1, of which the paper says only that it learns D_dyn without interpolating. The reduction is that of the other
    detail losses. `tension` must be of the kind that made the labels.
    """

    needs = Wanted.MAPS
    mask: Tensor

    def __init__(self, weight: float = 10.0, tension: Tension | None = None) -> None:
        super().__init__(weight)
        self.blend = PoleBlend(tension or MeanTension())
        self.shape = LinearShape()

    @override
    def bind(self, assets: FaceAssets) -> None:
        self.blend.bind(assets)
        self.shape.bind(assets)
        self.size = assets.detail.size
        self.register_buffer("mask", torch.from_numpy(assets.detail.mask.ravel()[assets.detail.texels]), persistent=False)

    @torch.no_grad()
    def label(self, labels: Labels) -> Float[Tensor, "b n"]:
        """D_dyn^ at the texels of the detail mask, mm."""
        compressed = self.blend.compressed.at_texels(labels.compressed)
        stretched = self.blend.stretched.at_texels(labels.stretched)
        if labels.residual is not None:
            compressed, stretched = compressed + labels.residual[:, 1], stretched + labels.residual[:, 2]
        return blend(compressed, stretched, *self.blend.weights(self.shape(labels.coefficients)))

    @override
    def forward(self, reconstruction: Reconstruction, batch: FaceBatch) -> LossTerm:
        predicted = None if reconstruction.detail is None else reconstruction.detail.dynamic
        values = self.blend.texels.read(whole_map(predicted, self.size, type(self).__name__))
        return LossTerm(map_distance(values, self.label(batch.labels), self.mask), batch.labels.has_detail)
