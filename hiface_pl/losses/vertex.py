"""L_ver: vertices of the coarse shape against those of the label coefficients, in millimetres in the model frame (pose apart)."""

import torch
from jaxtyping import Float
from torch import Tensor
from typing_extensions import override

from hiface_pl.face_models.face_assets import FaceAssets
from hiface_pl.face_models.face_model import SurfacePoints
from hiface_pl.face_models.on_surface import rows_of
from hiface_pl.losses.base import Loss, LossTerm
from hiface_pl.losses.reduce import TINY, gram_matrix, quadratic_rms, safe_sqrt
from hiface_pl.shapes.surface_bases import SurfaceBases
from hiface_pl.types import Coefficients, FaceBatch, Reconstruction, Shape, Wanted

VISIBLE = 0.02


def vertex_distance(predicted: Float[Tensor, "b v 3"], label: Float[Tensor, "b v 3"], mask: Float[Tensor, " v"]) -> Float[Tensor, " b"]:
    """Root mean square of the masked vertex distances, mm. Paper: ||M_ver * (S - S^)||_2.

    Our choice: RMS instead of the bare norm, so that the number of vertices is no weight.
    """
    squared = (predicted - label).square().sum(dim=2) * mask.square()
    return safe_sqrt(squared.sum(dim=1) / mask.square().sum().clamp_min(TINY))


class VertexLoss(Loss):
    """L_ver on the vertices where the face model's region `face` is not zero. Valid on samples with `has_geometry`.

    The label shape is linear in the label coefficients, whatever the shape decoder is. Where the decoder is linear too, the distance comes
    from the differences of the coefficients and a Gram matrix: the same number, and no vertex of the label is made.
    """

    needs = Wanted.SHAPE

    vertices: Tensor
    mask: Tensor
    gram: Tensor

    @override
    def bind(self, assets: FaceAssets) -> None:
        face = torch.from_numpy(assets.regions.face)
        vertices = torch.nonzero(face > VISIBLE)[:, 0]
        model = assets.model
        self.register_buffer("vertices", vertices, persistent=False)
        self.register_buffer("mask", face[vertices], persistent=False)
        self.bases = SurfaceBases(model, rows_of(SurfacePoints.at_vertices(vertices.numpy()), len(model.mean)))
        both = torch.cat([self.bases.identity_basis, self.bases.expression_basis]).unflatten(1, (-1, 3))
        self.register_buffer("gram", gram_matrix(both, self.mask), persistent=False)

    @override
    def forward(self, reconstruction: Reconstruction, batch: FaceBatch) -> LossTerm:
        known = batch.labels.coefficients
        if reconstruction.shape.linear:
            value = quadratic_rms(_numbers(reconstruction.coefficients) - _numbers(known), self.gram)
        else:
            value = vertex_distance(reconstruction.shape.expressive[:, self.vertices], self.label(known), self.mask)
        return LossTerm(value, batch.labels.has_geometry)

    def label(self, known: Coefficients) -> Float[Tensor, "b n 3"]:
        """The vertices of the label shape that are compared, mm."""
        shape: Shape = self.bases(known.identity, known.expression)
        return shape.expressive


def _numbers(coefficients: Coefficients) -> Float[Tensor, "b k"]:
    return torch.cat([coefficients.identity, coefficients.expression], dim=1)
