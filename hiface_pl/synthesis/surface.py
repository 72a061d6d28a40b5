"""Shapes, tension weights and displacement maps of one face as arrays: the generator's compiled path to what the networks do in torch."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float16, Float32

from hiface_pl.details.skin_edges import SkinEdges
from hiface_pl.details.tension import RATIOS, SHORTEST, MeanTension
from hiface_pl.face_models.face_assets import FaceAssets
from hiface_pl.synthesis.drawing.mesh_kernels import add_weighted_map, edge_changes, linear_combination, texel_weights

VertexArray = Float32[np.ndarray, "v 3"]
TexelArray = Float32[np.ndarray, " n"]
VertexWeights = tuple[Float32[np.ndarray, " v"], Float32[np.ndarray, " v"]]
Poles = tuple[Float32[np.ndarray, " ks"], Float32[np.ndarray, " kc"], Float32[np.ndarray, " kt"]]
Residual = Float16[np.ndarray, "3 n"]


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
        self._identity = _side_by_side(model.identity_basis)
        self._expression = _side_by_side(model.expression_basis)
        edges = SkinEdges.of(model)
        rule = MeanTension()
        self._ends = edges.ends.astype(np.int32)
        self._to_vertices = (edges.smoothing(rule.smoothing) @ edges.ring_means()).astype(np.float32).tocsr()
        self._gains, self._dead_zone = (np.float32(rule.gain_compressed), np.float32(rule.gain_stretched)), np.float32(rule.dead_zone)
        bases = (self.detail.static, self.detail.compressed, self.detail.stretched)
        self._maps = [(basis.mean.astype(np.float32), _side_by_side(basis.basis)) for basis in bases]
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

    def tension_weights(self, neutral: VertexArray, expressive: VertexArray) -> VertexWeights:
        """w_com and w_str at the vertices, as `details.tension.MeanTension` gives them."""
        changes = np.empty(len(self._ends), np.float32)
        edge_changes(neutral, expressive, self._ends, np.float32(SHORTEST), np.float32(RATIOS[0]), np.float32(RATIOS[1]), changes)
        tension = self._to_vertices @ changes
        compressed = np.clip(self._gains[0] * (tension - self._dead_zone), 0, 1)
        stretched = np.clip(self._gains[1] * (-tension - self._dead_zone), 0, 1)
        return compressed.astype(np.float32), stretched.astype(np.float32)

    def maps(self, poles: Poles, residual: Residual | None = None) -> TexelMaps:
        """D_sta, D_com and D_str from their coefficients and what they have beyond the bases."""
        everywhere = np.ones(len(self.texels), np.float32)
        return TexelMaps(*(self._weighted(k, poles, residual, everywhere) for k in range(3)))

    def displacement(self, poles: Poles, weights: VertexWeights, residual: Residual | None = None) -> Float32[np.ndarray, "r r"]:
        """D = D_sta + w_com D_com + w_str D_str in UV, mm, from the coefficients of the three maps and the weights at the vertices."""
        total = self._weighted(0, poles, residual, np.ones(len(self.texels), np.float32))
        factors = np.empty(len(self.texels), np.float32)
        for k in (1, 2):
            texel_weights(self.corners, self.weights, weights[k - 1], factors)
            total += self._weighted(k, poles, residual, factors)
        out = np.zeros((self.detail.size, self.detail.size), np.float32)
        out.reshape(-1)[self.texels] = total
        return out

    def _weighted(self, k: int, poles: Poles, residual: Residual | None, factors: TexelArray) -> TexelArray:
        """The k-th of the three maps times `factors`."""
        mean, modes = self._maps[k]
        out = np.zeros_like(mean)
        extra = out if residual is None else residual[k].astype(np.float32)
        add_weighted_map(mean, modes, np.ascontiguousarray(poles[k], np.float32), extra.copy(), factors, out)
        return out


def _side_by_side(basis: np.ndarray) -> Float32[np.ndarray, "n k"]:
    """A basis (k, ...) as a matrix whose rows hold all modes of one number: sums over modes then read memory in order."""
    return np.ascontiguousarray(basis.reshape(len(basis), -1).T, np.float32)


def _same_texels(assets: FaceAssets) -> np.ndarray:
    """Flat indices in the atlas of the detail mask's texels; both have one size. Uncovered ones take the nearest covered texel's place."""
    return assets.atlas.nearest.reshape(-1)[assets.detail.texels]
