"""Shapes, tension weights and displacement maps of one face as arrays: the generator's compiled path to what the networks do in torch."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float16, Float32

from hiface_pl.details.skin_edges import SkinEdges
from hiface_pl.details.tension import RATIOS, SHORTEST, MeanTension
from hiface_pl.face_models.face_assets import DisplacementBasis, FaceAssets
from hiface_pl.synthesis.drawing.mesh_kernels import blend_displacement, edge_changes, linear_combination

VertexArray = Float32[np.ndarray, "v 3"]
TexelArray = Float32[np.ndarray, " n"]


@dataclass(frozen=True)
class TexelMaps:
    """The three displacement maps over the texels of the detail mask, mm."""

    static: TexelArray
    compressed: TexelArray
    stretched: TexelArray


class Surface:
    """One face model's linear maps, laid out for compiled loops. Sums always run in the same order, whatever the machine's load."""

    def __init__(self, assets: FaceAssets) -> None:
        model, self.detail = assets.model, assets.detail
        self._mean = np.ascontiguousarray(model.mean, np.float32)
        self._identity = np.ascontiguousarray(model.identity_basis.reshape(len(model.identity_basis), -1), np.float32)
        self._expression = np.ascontiguousarray(model.expression_basis.reshape(len(model.expression_basis), -1), np.float32)
        edges = SkinEdges.of(model)
        rule = MeanTension()
        self._ends = edges.ends.astype(np.int32)
        self._to_vertices = (edges.smoothing(rule.smoothing) @ edges.ring_means()).astype(np.float32).tocsr()
        self._gains, self._dead_zone = (np.float32(rule.gain_compressed), np.float32(rule.gain_stretched)), np.float32(rule.dead_zone)
        self.texels = self.detail.texels.astype(np.int32)
        triangle = assets.atlas.triangle.reshape(-1)[_same_texels(assets)]
        self.corners = np.ascontiguousarray(model.triangles[np.maximum(triangle, 0)], np.int32)
        self.weights = np.ascontiguousarray(assets.atlas.weights.reshape(-1, 3)[_same_texels(assets)], np.float32)

    def shapes(self, identity: Float32[np.ndarray, " ki"], expression: Float32[np.ndarray, " ke"]) -> tuple[VertexArray, VertexArray]:
        """The neutral face S(beta, 0) and the expressive one S(beta, xi), model frame, mm."""
        neutral, expressive = np.empty_like(self._mean), np.empty_like(self._mean)
        linear_combination(self._mean.ravel(), self._identity, identity, neutral.reshape(-1))
        linear_combination(neutral.ravel(), self._expression, expression, expressive.reshape(-1))
        return neutral, expressive

    def tension_weights(self, neutral: VertexArray, expressive: VertexArray) -> tuple[Float32[np.ndarray, " v"], Float32[np.ndarray, " v"]]:
        """w_com and w_str at the vertices, as `details.tension.MeanTension` gives them."""
        changes = np.empty(len(self._ends), np.float32)
        edge_changes(neutral, expressive, self._ends, np.float32(SHORTEST), np.float32(RATIOS[0]), np.float32(RATIOS[1]), changes)
        tension = self._to_vertices @ changes
        compressed = np.clip(self._gains[0] * (tension - self._dead_zone), 0, 1)
        stretched = np.clip(self._gains[1] * (-tension - self._dead_zone), 0, 1)
        return compressed.astype(np.float32), stretched.astype(np.float32)

    def maps(self, static: np.ndarray, compressed: np.ndarray, stretched: np.ndarray) -> TexelMaps:
        """D_sta, D_com and D_str from their coefficients."""
        detail = self.detail
        return TexelMaps(_expanded(detail.static, static), _expanded(detail.compressed, compressed), _expanded(detail.stretched, stretched))

    def displacement(
        self, maps: TexelMaps, compressed: Float32[np.ndarray, " v"], stretched: Float32[np.ndarray, " v"]
    ) -> Float32[np.ndarray, "r r"]:
        """D = D_sta + w_com D_com + w_str D_str in UV, mm; weights are per vertex."""
        out = np.zeros((self.detail.size, self.detail.size), np.float32)
        blend_displacement(
            self.texels, self.corners, self.weights, maps.static, maps.compressed, maps.stretched, compressed, stretched, out
        )
        return out


def with_residual(maps: TexelMaps, residual: Float16[np.ndarray, "3 n"] | None) -> TexelMaps:
    """The maps with what they have beyond the bases, mm."""
    if residual is None:
        return maps
    static, compressed, stretched = residual.astype(np.float32)
    return TexelMaps(maps.static + static, maps.compressed + compressed, maps.stretched + stretched)


def _expanded(basis: DisplacementBasis, coefficients: np.ndarray) -> TexelArray:
    out = np.empty_like(basis.mean)
    linear_combination(basis.mean, basis.basis, np.ascontiguousarray(coefficients, np.float32), out)
    return out


def _same_texels(assets: FaceAssets) -> np.ndarray:
    """Flat indices in the atlas of the detail mask's texels; both have one size. Uncovered ones take the nearest covered texel's place."""
    return assets.atlas.nearest.reshape(-1)[assets.detail.texels]
