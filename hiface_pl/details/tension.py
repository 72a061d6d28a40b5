"""Vertex tension: where an expression compresses or stretches the skin, and the weights of the two poles that follow from it."""

from abc import ABC, abstractmethod
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn

from hiface_pl.details.skin_edges import SkinEdges
from hiface_pl.details.sparse_map import SparseMap
from hiface_pl.face_models.face_assets import FaceAssets
from hiface_pl.types import Shape, TensorRecord

RATIOS = (0.3, 2.0)
"""Edge ratios are clamped to this. Our choice: edges inside closed lips open to many times their length."""
SHORTEST = 0.01
"""Edges that are shorter than this in the neutral face, mm, count as unchanged. Our choice: their ratios are noise."""


@dataclass(frozen=True)
class VertexTension(TensorRecord):
    """How much each vertex is `compressed` and `stretched`; 0 off the skin. As weights w_com and w_str both lie in [0, 1]."""

    compressed: Float[Tensor, "b v"]
    stretched: Float[Tensor, "b v"]


class Tension(nn.Module, ABC):
    """Compares the edges of S(beta, xi) with those of S(beta, 0), both without pose.

    Paper: vertex tension interpolates dynamic detail. Our choice: w = clip(gain (t - dead_zone), 0, 1) for each pole, after `smoothing`
    half-steps towards the mean of the neighbours; the gains were found on two face models. With `detach` it passes no gradient.
    """

    def __init__(
        self,
        gain_compressed: float = 8.0,
        gain_stretched: float = 4.0,
        dead_zone: float = 0.01,
        smoothing: int = 2,
        detach: bool = False,
    ) -> None:
        super().__init__()
        self.gain_compressed = gain_compressed
        self.gain_stretched = gain_stretched
        self.dead_zone = dead_zone
        self.smoothing = smoothing
        self.detach = detach

    def bind(self, assets: FaceAssets) -> None:
        """Takes the skin's edges from the face model."""
        edges = SkinEdges.of(assets.model)
        self.differences = SparseMap(edges.differences())
        self.ring_means = SparseMap(edges.ring_means())
        self.smooth = SparseMap(edges.smoothing(self.smoothing))

    @abstractmethod
    def poles(self, change: Float[Tensor, "e b"]) -> tuple[Float[Tensor, "v b"], Float[Tensor, "v b"]]:
        """Compression and stretch at the vertices from 1 - |e(beta, xi)| / |e(beta, 0)| of every edge, clamped; through `vertex_means`."""

    def vertex_means(self, edge_values: Float[Tensor, "e k"]) -> Float[Tensor, "v k"]:
        """Means over the edges of each vertex's 1-ring, lightly smoothed over the mesh."""
        return self.smooth(self.ring_means(edge_values))

    def measure(self, shape: Shape) -> VertexTension:
        """t_com and t_str, neither clipped nor scaled. Positive where the skin is compressed and stretched."""
        shape = shape.detach() if self.detach else shape
        before, after = self._lengths(shape.neutral), self._lengths(shape.expressive)
        ratio = torch.where(before > SHORTEST, after / before.clamp_min(SHORTEST), 1.0)
        compressed, stretched = self.poles(1 - ratio.clamp(*RATIOS))
        return VertexTension(compressed.T, stretched.T)

    def forward(self, shape: Shape) -> VertexTension:
        """The weights w_com and w_str of the two poles at the vertices: exactly 0 where the expression is neutral."""
        tension = self.measure(shape)
        return VertexTension(
            (self.gain_compressed * (tension.compressed - self.dead_zone)).clamp(0, 1),
            (self.gain_stretched * (tension.stretched - self.dead_zone)).clamp(0, 1),
        )

    def _lengths(self, vertices: Float[Tensor, "b v 3"]) -> Float[Tensor, "e b"]:
        batch, count, _ = vertices.shape
        columns = vertices.permute(1, 2, 0).reshape(count, 3 * batch)
        squares = self.differences(columns).square().view(-1, 3, batch).sum(dim=1)
        return squares.clamp_min((SHORTEST / 100) ** 2).sqrt()  # an edge without length has no direction and passes no gradient


class MeanTension(Tension):
    """t_i = 1 - (1/K) sum_k |e_k(beta, xi)| / |e_k(beta, 0)|: one signed number a vertex, t_com = t and t_str = -t. Paper."""

    def poles(self, change: Float[Tensor, "e b"]) -> tuple[Float[Tensor, "v b"], Float[Tensor, "v b"]]:
        """The signed mean and its opposite."""
        tension = self.vertex_means(change)
        return tension, -tension


class SplitTension(Tension):
    """t_com = (1/K) sum_k max(1 - r_k, 0) and t_str = (1/K) sum_k max(r_k - 1, 0): shortened and lengthened edges apart.

    Our choice: finds skin that is compressed one way and stretched across, where the signed mean cancels.
    """

    def poles(self, change: Float[Tensor, "e b"]) -> tuple[Float[Tensor, "v b"], Float[Tensor, "v b"]]:
        """The two one-sided means, in one pass."""
        compressed, stretched = self.vertex_means(torch.cat([change.relu(), (-change).relu()], dim=1)).chunk(2, dim=1)
        return compressed, stretched
