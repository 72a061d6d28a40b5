"""Detail as geometry: the coarse mesh subdivided and moved along its normals by a displacement map, for export."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import scipy.sparse as sp
import torch
from jaxtyping import Float32, Float64, Int, Int32, UInt8

from hiface_pl.face_models.face_model import FaceModel, Part, split_quads
from hiface_pl.face_models.normals import vertex_normals
from hiface_pl.face_models.subdivision import Subdivision
from hiface_pl.rendering.albedo import sample_map as sample_maps


@dataclass(frozen=True)
class Topology:
    """What all meshes of one displacer share: faces, texture coordinates, parts. Both quads have -1 in the fourth corner of triangles."""

    quads: Int32[np.ndarray, "f 4"]
    uv: Float32[np.ndarray, "t 2"]
    uv_quads: Int32[np.ndarray, "f 4"]
    part: UInt8[np.ndarray, " f"]

    @cached_property
    def triangles(self) -> Int32[np.ndarray, "m 3"]:
        """The faces as triangles, in file order."""
        return split_quads(self.quads)[0]


@dataclass(frozen=True)
class DetailedMesh:
    """S + D(uv) n, mm in the model frame, with vertex normals."""

    vertices: Float32[np.ndarray, "n 3"]
    normals: Float32[np.ndarray, "n 3"]
    topology: Topology


@dataclass(frozen=True)
class Displacer:
    """What is shared by all faces of one model that are displaced at one level: made once, used for every expression.

    `texture_to_vertex` (n, t) averages over the texture coordinates that a vertex has on skin faces, so that a UV seam does not tear the
    surface; its rows are empty off the skin, which stays where it is.
    """

    subdivision: Subdivision
    topology: Topology
    texture_to_vertex: sp.csr_array

    @classmethod
    def of(cls, model: FaceModel, levels: int = 1) -> "Displacer":
        """Subdivides `levels` times. Our choice: 1 draws the furrows softly, 2 all that the map holds, as sharply as a normal map does."""
        subdivision = Subdivision.of(model, levels)
        part = model.part[subdivision.face]
        uv = (subdivision.texture @ model.uv).astype(np.float32)
        skin = part == Part.SKIN
        weights = _texture_to_vertex(subdivision.quads[skin], subdivision.uv_quads[skin], (subdivision.positions.shape[0], len(uv)))
        return cls(subdivision, Topology(subdivision.quads, uv, subdivision.uv_quads, part), weights)

    def displace(self, vertices: Float32[np.ndarray, "v 3"], total: Float32[np.ndarray, "r r"] | None = None) -> DetailedMesh:
        """The fine mesh of coarse `vertices` moved by the map `total`, mm; without a map, the smooth fine mesh."""
        smooth = self._mesh(self.subdivision.apply(vertices))
        return smooth if total is None else self.raise_by(total, smooth)

    def raise_by(self, total: Float32[np.ndarray, "r r"], smooth: DetailedMesh) -> DetailedMesh:
        """A smooth fine mesh moved along its normals by the map `total`, mm."""
        return self._mesh((smooth.vertices + self.at_vertices(total)[:, None] * smooth.normals).astype(np.float32))

    def at_vertices(self, values: Float32[np.ndarray, "r r"]) -> Float64[np.ndarray, " n"]:
        """A map's values at the fine vertices, 0 off the skin."""
        found: Float64[np.ndarray, " n"] = self.texture_to_vertex @ sample_map(values, self.topology.uv)
        return found

    def _mesh(self, vertices: Float32[np.ndarray, "n 3"]) -> DetailedMesh:
        return DetailedMesh(vertices, surface_normals(vertices, self.topology.triangles), self.topology)


def sample_map(values: Float32[np.ndarray, "r r"], uv: Float32[np.ndarray, "t 2"]) -> Float32[np.ndarray, " t"]:
    """A map's bilinear values at texture coordinates; at the border, the outermost texel's."""
    return sample_maps(torch.from_numpy(values)[None, None], torch.from_numpy(uv)[None, None])[0, 0, 0].numpy()


def surface_normals(vertices: Float32[np.ndarray, "n 3"], triangles: Int32[np.ndarray, "m 3"]) -> Float32[np.ndarray, "n 3"]:
    """Unit normals, weighted by the areas of the triangles around each vertex; (0, 0, 1) where there are none."""
    normals = vertex_normals(vertices, triangles).astype(np.float32)
    x, y, z = normals.T
    normals[(x == 0) & (y == 0) & (z == 0)] = (0, 0, 1)
    return normals


def _texture_to_vertex(quads: Int[np.ndarray, "f 4"], uv_quads: Int[np.ndarray, "f 4"], shape: tuple[int, int]) -> sp.csr_array:
    vertices, textures = np.divmod(np.unique(quads[quads >= 0].astype(np.int64) * shape[1] + uv_quads[quads >= 0]), shape[1])
    count = np.bincount(vertices, minlength=shape[0])
    return sp.csr_array((1 / count[vertices], (vertices, textures)), shape=shape)
