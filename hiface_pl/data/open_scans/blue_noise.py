"""Points on a triangle mesh that keep a distance from each other: a Poisson-disk sample, as irregular as a scanner's points."""

from dataclasses import dataclass
from typing import no_type_check

import numba
import numpy as np
from jaxtyping import Float, Float64, Int64, Integer

CANDIDATES = 10
"""Random points that are tried for each that fits: nearly no gap remains."""
PACKING = 0.7
"""Share of the squares of side `distance` that get a point (Poisson-disk samples fill 0.55 of the plane with disks of that diameter)."""


@dataclass(frozen=True)
class MeshPoints:
    """Points as weighted sums of the corners of triangles, whose rows in the mesh are `rows`."""

    rows: Int64[np.ndarray, " n"]
    weights: Float64[np.ndarray, "n 3"]

    def of(self, values: Float[np.ndarray, "v c"], triangles: Integer[np.ndarray, "m 3"]) -> Float64[np.ndarray, "n c"]:
        """What is given at the vertices, at the points."""
        return np.einsum("nk,nkc->nc", self.weights, values[triangles[self.rows]].astype(np.float64))

    def take(self, chosen: np.ndarray) -> "MeshPoints":
        """Some of the points."""
        return MeshPoints(self.rows[chosen], self.weights[chosen])


def sample_points(
    rng: np.random.Generator,
    vertices: Float[np.ndarray, "v 3"],
    triangles: Integer[np.ndarray, "m 3"],
    distances: Float[np.ndarray, " v"],
    first: MeshPoints,
) -> MeshPoints:
    """Points no closer to each other than the `distances` given at the vertices (in their unit), as dense as that allows.

    Those of `first` that keep their distance from each other come before all others.
    """
    corners = vertices[triangles].astype(np.float64)
    areas = 0.5 * np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1)
    expected = PACKING * areas / distances[triangles].mean(axis=1) ** 2
    shares = np.cumsum(expected)
    rows = np.searchsorted(shares, rng.random(int(CANDIDATES * shares[-1]) + 1) * shares[-1], side="right")
    root, along = np.sqrt(rng.random(len(rows))), rng.random(len(rows))
    weights = np.stack([1 - root, root * (1 - along), root * along], axis=1)
    tried = MeshPoints(np.concatenate([first.rows, np.minimum(rows, len(triangles) - 1)]), np.concatenate([first.weights, weights]))
    apart = tried.of(distances[:, None], triangles)[:, 0]
    return tried.take(_chosen(tried.of(vertices, triangles), apart))


def _chosen(points: Float64[np.ndarray, "n 3"], apart: Float64[np.ndarray, " n"]) -> Int64[np.ndarray, " k"]:
    """Takes points in their order, each if no taken one is too close; a grid of cells finds the neighbours."""
    side = float(apart.max())
    cells = np.floor((points - points.min(axis=0)) / side).astype(np.int64) + 1
    shape = cells.max(axis=0) + 2
    return np.flatnonzero(_take_apart(points, apart, (cells[:, 0] * shape[1] + cells[:, 1]) * shape[2] + cells[:, 2], shape))


@numba.njit(nogil=True, cache=True)
@no_type_check
def _take_apart(points, apart, cells, shape):
    first = np.full(shape[0] * shape[1] * shape[2], -1, np.int32)
    following = np.full(len(points), -1, np.int32)
    taken = np.zeros(len(points), np.bool_)
    for i in range(len(points)):
        free = True
        limit = apart[i] * apart[i]
        for dx in range(-1, 2):
            for dy in range(-1, 2):
                for dz in range(-1, 2):
                    j = first[cells[i] + (dx * shape[1] + dy) * shape[2] + dz]
                    while free and j >= 0:
                        x, y, z = points[i, 0] - points[j, 0], points[i, 1] - points[j, 1], points[i, 2] - points[j, 2]
                        free = x * x + y * y + z * z >= limit
                        j = following[j]
        if free:
            taken[i] = True
            following[i] = first[cells[i]]
            first[cells[i]] = i
    return taken
