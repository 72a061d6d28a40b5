"""Exact nearest points on the surface of a triangle mesh."""

from copy import copy
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64, Int32, Int64

from hiface_pl.errors import EvaluationError
from hiface_pl.meshes.surface_kernels import farthest_stray, fit_boxes, nearest, tree_depth, tree_order
from hiface_pl.meshes.triangle_mesh import TriangleMesh

TIE = 1e-8
"""Squared distances that differ by less count as equal: in units of the mesh, as in trimesh, which REALY's public evaluator asks."""
_SAMPLES = 500
"""Vertices from which a rigid movement is told; a movement that fits worse makes the search slower, not wrong."""


@dataclass(frozen=True)
class ClosestPoints:
    """Points on a surface: where they lie, in which triangle, and with which barycentric weights."""

    places: Float64[np.ndarray, "n 3"]
    triangles: Int32[np.ndarray, " n"]
    weights: Float64[np.ndarray, "n 3"]


class SurfaceTree:
    """A tree of boxes over the triangles of a mesh. Our choice: own compiled code, because it is exact and follows a moving mesh cheaply.

    Triangles without area count as their edges. Of two triangles that are equally
    near within TIE, the one that faces the point is taken.
    """

    def __init__(self, mesh: TriangleMesh) -> None:
        """Raises EvaluationError for a mesh without triangles."""
        if not len(mesh.triangles):
            raise EvaluationError("there is no nearest point on a mesh without triangles: give it faces")
        self._triangles = np.ascontiguousarray(mesh.triangles)
        self._depth = int(tree_depth(len(mesh.triangles)))
        self._order: Int64[np.ndarray, " m"] = tree_order(mesh.vertices[mesh.triangles].mean(axis=1), self._depth)
        self._slots = np.argsort(self._order)
        self._vertices = self._boxed = np.ascontiguousarray(mesh.vertices)
        self._boxes = fit_boxes(self._vertices, self._triangles, self._order, self._depth)

    def moved(self, vertices: Float64[np.ndarray, "v 3"]) -> "SurfaceTree":
        """The tree of the same triangles with other vertices, in a tenth of the time of a new one; this one stays as it is."""
        vertices = np.ascontiguousarray(vertices)
        return self._with(vertices, vertices, fit_boxes(vertices, self._triangles, self._order, self._depth))

    def turned(self, vertices: Float64[np.ndarray, "v 3"]) -> "SurfaceTree":
        """As `moved`, faster for vertices that differ from those of this tree by a rigid movement and by rounding only."""
        return self._with(np.ascontiguousarray(vertices), self._boxed, self._boxes)

    def closest(self, points: Float64[np.ndarray, "n 3"], near: Int32[np.ndarray, " n"] | None = None) -> ClosestPoints:
        """The nearest point of the surface to each of `points`, which must be finite, in the unit and frame of the mesh.

        `near` are triangles likely to lie close, such as those found before a small movement: faster, the same distances.
        """
        points = np.ascontiguousarray(points)
        seeds = np.full(len(points), -1) if near is None else self._slots[near]
        turn = tree_order(points, int(tree_depth(max(len(points), 1)))) if near is None else np.argsort(seeds)
        slots, weights, places = np.zeros(len(points), np.int64), np.zeros((len(points), 3)), np.zeros((len(points), 3))
        surface, (probes, stray) = (self._vertices, self._triangles, self._order), self._probes(points)
        nearest(points, turn, probes, stray, surface, self._boxes, self._depth, seeds, TIE, slots, weights, places)
        return ClosestPoints(places, self._order[slots].astype(np.int32), weights)

    def _with(self, vertices: np.ndarray, boxed: np.ndarray, boxes: np.ndarray) -> "SurfaceTree":
        other = copy(self)
        for name, value in (("_vertices", vertices), ("_boxed", boxed), ("_boxes", boxes)):
            setattr(other, name, value)
        return other

    def _probes(self, points: Float64[np.ndarray, "n 3"]) -> tuple[Float64[np.ndarray, "n 3"], float]:
        """The points moved to where the boxes are, and how far a vertex may then be from its box's surface at most."""
        if self._vertices is self._boxed:
            return points, 0.0
        some = slice(None, None, 1 + len(self._boxed) // _SAMPLES)
        source, target = self._vertices[some].mean(axis=0), self._boxed[some].mean(axis=0)
        left, _, right = np.linalg.svd((self._boxed[some] - target).T @ (self._vertices[some] - source))
        rotation = left @ right
        offset = target - rotation @ source
        return points @ rotation.T + offset, float(farthest_stray(self._vertices, self._boxed, rotation, offset))
