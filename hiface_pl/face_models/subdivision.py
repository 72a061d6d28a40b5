"""Catmull-Clark subdivision as sparse matrices: the refined model stays linear in the coarse one's coefficients."""

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Bool, Float32, Int32, Int64
from scipy import sparse

from hiface_pl.face_models.carried_points import carry_points
from hiface_pl.face_models.face_model import FaceModel, SurfacePoints
from hiface_pl.face_models.on_surface import carried

FINE_VERTICES = 60_000
"""Exported detail has at least this many vertices, unless two subdivisions do not make as many. Our choice: a wrinkle needs 1 to 2 mm."""


@dataclass(frozen=True)
class Refinement:
    """How the faces of a mesh of quads and triangles are cut into quads: one new vertex an edge and a face, old vertices first.

    The refined faces of one face follow each other, corner by corner: (corner, next edge, face, previous edge). `edges` are the unique
    undirected edges, `edge_faces` counts the faces at each, `face_corners` says how many corners a face has.
    """

    vertices: int
    edges: Int64[np.ndarray, "e 2"]
    edge_faces: Int64[np.ndarray, " e"]
    face_corners: Int64[np.ndarray, " f"]
    corner_vertex: Int64[np.ndarray, " c"]
    corner_face: Int64[np.ndarray, " c"]
    corner_edge: Int64[np.ndarray, " c"]
    corner_previous: Int64[np.ndarray, " c"]

    @classmethod
    def of(cls, quads: Int32[np.ndarray, "f 4"], vertices: int) -> "Refinement":
        """The refinement of a mesh whose triangles have -1 in the fourth corner."""
        valid = quads >= 0
        corners = valid.sum(axis=1)
        face, slot = np.nonzero(valid)
        first = np.concatenate([[0], np.cumsum(corners)[:-1]])
        following = first[face] + (slot + 1) % corners[face]
        previous = first[face] + (slot - 1) % corners[face]
        vertex = quads[face, slot].astype(np.int64)
        ends = np.sort(np.stack([vertex, vertex[following]], axis=1), axis=1)
        keys, edge, count = np.unique(ends[:, 0] * vertices + ends[:, 1], return_inverse=True, return_counts=True)
        edges = np.stack([keys // vertices, keys % vertices], axis=1)
        return cls(vertices, edges, count, corners, vertex, face, edge, edge[previous])

    @property
    def fine_vertices(self) -> int:
        """How many vertices the refined mesh has."""
        return self.vertices + len(self.edges) + len(self.face_corners)

    def quads(self) -> Int32[np.ndarray, "c 4"]:
        """The refined faces."""
        face_vertex = self.vertices + len(self.edges) + self.corner_face
        columns = (self.corner_vertex, self.vertices + self.corner_edge, face_vertex, self.vertices + self.corner_previous)
        return np.stack(columns, axis=1).astype(np.int32)

    def face_centres(self) -> sparse.csr_array:
        """(faces, vertices): the mean of each face's corners."""
        weights = 1 / self.face_corners[self.corner_face]
        return sparse.csr_array((weights, (self.corner_face, self.corner_vertex)), shape=(len(self.face_corners), self.vertices))

    def edge_centres(self) -> sparse.csr_array:
        """(edges, vertices): the middle of each edge."""
        rows = np.repeat(np.arange(len(self.edges)), 2)
        return sparse.csr_array((np.full(len(rows), 0.5), (rows, self.edges.ravel())), shape=(len(self.edges), self.vertices))

    def linear(self) -> sparse.csr_array:
        """(fine vertices, vertices): old vertices stay, new ones are the middles of edges and faces."""
        kept = sparse.identity(self.vertices, format="csr")
        return sparse.csr_array(sparse.vstack([kept, self.edge_centres(), self.face_centres()]))

    def catmull_clark(self) -> sparse.csr_array:
        """(fine vertices, vertices): Catmull-Clark; edges of one face, or of three, follow the boundary rule 1/8, 6/8, 1/8."""
        centres, middles = self.face_centres(), self.edge_centres()
        inner = self.edge_faces == 2
        at_edge = sparse.csr_array(
            (np.full(len(self.corner_edge), 0.5), (self.corner_edge, self.corner_face)), shape=(len(self.edges), len(self.face_corners))
        )
        new_edges = _scaled(np.where(inner, 0.5, 1.0), middles) + _scaled(np.where(inner, 0.5, 0.0), at_edge @ centres)
        return sparse.csr_array(sparse.vstack([self._moved(centres, middles, inner), new_edges, centres]))

    def _moved(self, centres: sparse.csr_array, middles: sparse.csr_array, inner: Bool[np.ndarray, " e"]) -> sparse.csr_array:
        """The rows of the old vertices: (F + 2 R + (n - 3) P) / n inside, 1/8 6/8 1/8 on boundaries."""
        shape = (self.vertices, len(self.face_corners))
        faces = sparse.csr_array((np.ones(len(self.corner_face)), (self.corner_vertex, self.corner_face)), shape=shape)
        ends = self.edges.ravel()
        edges = sparse.csr_array(
            (np.ones(len(ends)), (ends, np.repeat(np.arange(len(self.edges)), 2))), shape=(self.vertices, len(self.edges))
        )
        valence = np.maximum(edges.sum(axis=1), 1)
        rim = _scaled_columns(edges, ~inner)
        rim_edges = rim.sum(axis=1)
        kept = sparse.csr_array(sparse.identity(self.vertices, format="csr"))
        inside = _scaled(1 / valence / np.maximum(faces.sum(axis=1), 1), faces @ centres)
        inside = inside + _scaled(2 / valence**2, edges @ middles) + _scaled((valence - 3) / valence, kept)
        border = _scaled(0.5 / np.maximum(rim_edges, 1), rim @ middles) + 0.5 * kept
        used = edges.sum(axis=1) > 0
        on_rim = rim_edges > 0
        return (
            _scaled((used & ~on_rim).astype(float), inside)
            + _scaled((used & on_rim).astype(float), border)
            + _scaled((~used).astype(float), kept)
        )


@dataclass(frozen=True)
class Subdivision:
    """One or more levels of subdivision, ready to be applied to any vertex array of the coarse mesh.

    `positions` (fine vertices, vertices) and `texture` (fine texture coordinates, texture coordinates) are float32; `face` gives the coarse
    face of each fine one, `levels` the quads of every level from coarse to fine.
    """

    positions: sparse.csr_array
    texture: sparse.csr_array
    quads: Int32[np.ndarray, "f 4"]
    uv_quads: Int32[np.ndarray, "f 4"]
    face: Int32[np.ndarray, " f"]
    levels: tuple[Int32[np.ndarray, "_ 4"], ...]

    @classmethod
    def of(cls, model: FaceModel, levels: int) -> "Subdivision":
        """The subdivision of a face model's mesh; `levels` of 0 changes nothing."""
        quads, uv_quads = model.quads, np.where(model.quads < 0, -1, model.uv_quads).astype(np.int32)
        face = np.arange(len(quads), dtype=np.int32)
        positions = sparse.csr_array(sparse.identity(len(model.mean), format="csr"))
        texture = sparse.csr_array(sparse.identity(len(model.uv), format="csr"))
        meshes = [quads]
        for _ in range(levels):
            step, chart = Refinement.of(quads, positions.shape[0]), Refinement.of(uv_quads, texture.shape[0])
            positions, texture = step.catmull_clark() @ positions, chart.linear() @ texture
            quads, uv_quads, face = step.quads(), chart.quads(), face[step.corner_face]
            meshes.append(quads)
        return cls(positions.astype(np.float32), texture.astype(np.float32), quads, uv_quads, face, tuple(meshes))

    def apply(self, vertices: Float32[np.ndarray, "*b v c"]) -> Float32[np.ndarray, "*b n c"]:
        """Fine vertices of one mesh (v, 3), or of many modes (k, v, 3) at once."""
        return carried(self.positions, vertices)

    def carry(self, points: SurfacePoints) -> SurfacePoints:
        """Points of the coarse mesh as points of the fine one."""
        for coarse, fine in zip(self.levels[:-1], self.levels[1:], strict=True):
            points = carry_points(points, coarse, fine)
        return points


def subdivide(model: FaceModel, levels: int) -> FaceModel:
    """The model with every face cut into quads `levels` times: mean and bases by Catmull-Clark, UV linearly, keypoints carried along.

    Our choice: Catmull-Clark, because it is linear in the vertices, so the refined model has the same coefficients.
    """
    if levels < 1:
        return model
    fine = Subdivision.of(model, levels)
    return replace(
        model,
        mean=fine.apply(model.mean),
        identity_basis=fine.apply(model.identity_basis),
        expression_basis=fine.apply(model.expression_basis),
        quads=fine.quads,
        uv=(fine.texture @ model.uv).astype(np.float32),
        uv_quads=fine.uv_quads,
        part=model.part[fine.face],
        keypoints68=fine.carry(model.keypoints68),
        keypoints85=None if model.keypoints85 is None else fine.carry(model.keypoints85),
        level=model.level + levels,
    )


def export_levels(model: FaceModel) -> int:
    """How often the meshes of detailed exports are subdivided: once or twice."""
    return 1 if 4 * len(model.mean) >= FINE_VERTICES else 2


def _scaled(rows: np.ndarray, matrix: sparse.csr_array) -> sparse.csr_array:
    return sparse.csr_array(sparse.diags(rows) @ matrix)


def _scaled_columns(matrix: sparse.csr_array, columns: np.ndarray) -> sparse.csr_array:
    return sparse.csr_array(matrix @ sparse.diags(columns.astype(float)))
