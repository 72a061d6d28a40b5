"""A face model: linear identity and expression bases over one quad mesh with UV, keypoints, parts, licence and provenance."""

import hashlib
from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property

import numpy as np
from jaxtyping import Float32, Int32, UInt8

from hiface_pl.errors import FaceModelError


class Part(IntEnum):
    """What a face of the mesh belongs to."""

    SKIN = 0
    MOUTH = 1
    LEFT_EYE = 2
    RIGHT_EYE = 3
    TEETH = 4


@dataclass(frozen=True)
class SurfacePoints:
    """Points on a mesh: each is a weighted sum of three vertices; the weights of a row sum to 1."""

    vertices: Int32[np.ndarray, "n 3"]
    weights: Float32[np.ndarray, "n 3"]

    @classmethod
    def at_vertices(cls, indices: "np.ndarray | list[int]") -> "SurfacePoints":
        """Points that lie on the named vertices."""
        first = np.asarray(indices, dtype=np.int32)
        return cls(np.repeat(first[:, None], 3, axis=1), np.tile(np.array([[1, 0, 0]], dtype=np.float32), (len(first), 1)))

    def on(self, vertices: Float32[np.ndarray, "v 3"]) -> Float32[np.ndarray, "n 3"]:
        """The points' positions on a mesh with these vertices."""
        return np.einsum("nk,nkc->nc", self.weights, vertices[self.vertices]).astype(np.float32)


@dataclass(frozen=True)
class IdentityPrior:
    """How identity coefficients depend on age, sex and origin: z = mean_weights f + residual e with e ~ N(0, I).

    f = [1, a, a^2, g, e1, e2, g a] with a = age / 50, g in [0, 1] (1 male), (e1, e2) two of three origin shares. Our choice.
    """

    mean_weights: Float32[np.ndarray, "k 7"]
    residual: Float32[np.ndarray, "k k"]


@dataclass(frozen=True)
class FaceModel:
    """One face model at one level of detail, millimetres in the model frame (y up, z out of the face, x to the subject's left).

    Identity coefficients are N(0, 1) in the population, expression coefficients unit weights in [0, 1]. `quads` and `uv_quads` index
    vertices and texture coordinates; a triangle has -1 in the fourth corner. `keypoints68` are in iBUG order, `keypoints85` add REALY's
    17 cheek and jaw points (None where the model does not bring them). `level` says how often the mesh was subdivided.
    """

    name: str
    licence: str
    provenance: str
    mean: Float32[np.ndarray, "v 3"]
    identity_basis: Float32[np.ndarray, "ki v 3"]
    expression_basis: Float32[np.ndarray, "ke v 3"]
    expression_names: tuple[str, ...]
    quads: Int32[np.ndarray, "f 4"]
    uv: Float32[np.ndarray, "t 2"]
    uv_quads: Int32[np.ndarray, "f 4"]
    part: UInt8[np.ndarray, " f"]
    keypoints68: SurfacePoints
    keypoints85: SurfacePoints | None = None
    prior: IdentityPrior | None = None
    level: int = 0

    @cached_property
    def triangles(self) -> Int32[np.ndarray, "m 3"]:
        """Vertex indices of the triangles: a quad a b c d becomes a b c, then a c d, in file order."""
        return split_quads(self.quads)[0]

    @cached_property
    def uv_triangles(self) -> Int32[np.ndarray, "m 3"]:
        """Texture indices of the triangles, row by row those of `triangles`."""
        corners = np.where(self.quads < 0, -1, self.uv_quads).astype(np.int32)
        return split_quads(corners)[0]

    @cached_property
    def triangle_part(self) -> UInt8[np.ndarray, " m"]:
        """The Part of each triangle."""
        return self.part[split_quads(self.quads)[1]]

    @cached_property
    def skin_vertices(self) -> Int32[np.ndarray, " s"]:
        """Sorted indices of the vertices that skin faces use."""
        used = np.unique(self.quads[self.part == Part.SKIN])
        return used[used >= 0].astype(np.int32)

    @cached_property
    def fingerprint(self) -> str:
        """Sixteen hex digits that change with any array of the model: checkpoints and stores are bound to it."""
        digest = hashlib.sha256()
        arrays = [self.mean, self.identity_basis, self.expression_basis, self.quads, self.uv, self.uv_quads, self.part]
        for points in (self.keypoints68, self.keypoints85):
            arrays += [] if points is None else [points.vertices, points.weights]
        arrays += [] if self.prior is None else [self.prior.mean_weights, self.prior.residual]
        for array in arrays:
            digest.update(np.ascontiguousarray(array).tobytes())
        digest.update("\n".join(self.expression_names).encode())
        return digest.hexdigest()[:16]

    def expression(self, **weights: float) -> Float32[np.ndarray, " ke"]:
        """An expression vector from unit names; a name without a side (`mouthSmile`) sets both sides. Raises FaceModelError."""
        vector = np.zeros(len(self.expression_names), dtype=np.float32)
        for name, weight in weights.items():
            sides = [i for i, unit in enumerate(self.expression_names) if unit_base(unit) == name or unit == name]
            if not sides:
                raise FaceModelError(
                    f"the face model {self.name} has no expression unit {name}; it has: {', '.join(self.expression_names)}"
                )
            vector[sides] = weight
        return vector

    def vertices(self, identity: np.ndarray | None = None, expression: np.ndarray | None = None) -> Float32[np.ndarray, "v 3"]:
        """S = mean + B_id beta + B_exp xi for one face; a shorter `identity` sets the leading coefficients. Paper: coarse shape."""
        shape = self.mean.copy()
        if identity is not None:
            shape += np.tensordot(np.asarray(identity, np.float32), self.identity_basis[: len(identity)], axes=1)
        if expression is not None:
            shape += np.tensordot(np.asarray(expression, np.float32), self.expression_basis, axes=1)
        return shape


def unit_base(name: str) -> str:
    """The name of an expression unit without its side: mouthSmileLeft and mouthSmile_L are both mouthSmile.

    jawLeft and mouthRight keep their names: there the side is the direction of the movement, not the half of the face that moves.
    """
    for suffix in ("Left", "Right", "_L", "_R"):
        base = name.removesuffix(suffix)
        if base != name and not base.islower():
            return base
    return name


def split_quads(quads: Int32[np.ndarray, "f 4"]) -> tuple[Int32[np.ndarray, "m 3"], Int32[np.ndarray, " m"]]:
    """Triangles of a mesh of quads and triangles (fourth corner -1), in file order, and the face each came from."""
    halves = np.stack([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]], axis=1).reshape(-1, 3)
    faces = np.repeat(np.arange(len(quads), dtype=np.int32), 2)
    keep = halves[:, 2] >= 0
    return np.ascontiguousarray(halves[keep], dtype=np.int32), faces[keep]
