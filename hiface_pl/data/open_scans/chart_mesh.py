"""Triangles over points of a curved surface that has a flat chart: Delaunay in the chart, then edges flipped by the angles in space."""

from typing import no_type_check

import numba
import numpy as np
from jaxtyping import Bool, Float64, Int32, Integer
from scipy import sparse
from scipy.sparse.csgraph import connected_components
from scipy.spatial import Delaunay

from hiface_pl.meshes.triangle_mesh import TriangleMesh

PASSES = 40


def triangulate(chart: Float64[np.ndarray, "n 2"], points: Float64[np.ndarray, "n 3"]) -> Int32[np.ndarray, "m 3"]:
    """Triangles that cover the convex hull of `chart`, counter-clockwise there.

    An edge is flipped where the two angles opposite it, in space, exceed 180 degrees together, and the chart stays unfolded: a manifold
    whose triangles are as even as the points allow, although the chart stretches the surface.
    """
    plane = Delaunay(chart)
    triangles, neighbours = plane.simplices.astype(np.int32), plane.neighbors.astype(np.int32)
    _flip(triangles, neighbours, np.ascontiguousarray(chart), np.ascontiguousarray(points), PASSES)
    return triangles


def cut_out(points: Float64[np.ndarray, "n 3"], triangles: Integer[np.ndarray, "m 3"], inside: Bool[np.ndarray, " n"]) -> TriangleMesh:
    """The largest piece of the triangles whose corners are all inside, with its vertices in their former order.

    Triangles that hang on it by a single vertex are left out, so that no vertex joins two parts of the border.
    """
    kept = triangles[inside[triangles].all(axis=1)]
    while len(kept):
        piece = kept[_largest_piece(kept)]
        clean = piece[~np.isin(piece, _pinched(piece)).any(axis=1)]
        if len(clean) == len(kept):
            break
        kept = clean
    used, local = np.unique(kept, return_inverse=True)
    return TriangleMesh(np.ascontiguousarray(points[used], np.float64), local.reshape(-1, 3).astype(np.int32))


def _largest_piece(triangles: Integer[np.ndarray, "m 3"]) -> Bool[np.ndarray, " m"]:
    """Of the pieces that hang together by edges, the one with most triangles."""
    ends = np.sort(np.stack([triangles, np.roll(triangles, -1, axis=1)], axis=-1).reshape(-1, 2), axis=1).astype(np.int64)
    _, edge = np.unique(ends[:, 0] * (triangles.max() + 1) + ends[:, 1], return_inverse=True)
    faces = np.repeat(np.arange(len(triangles)), 3)
    incidence = sparse.csr_array((np.ones(len(faces)), (faces, edge)), shape=(len(triangles), edge.max() + 1))
    labels = connected_components(incidence @ incidence.T, directed=False)[1]
    return np.asarray(labels == np.bincount(labels).argmax())


def _pinched(triangles: Integer[np.ndarray, "m 3"]) -> Integer[np.ndarray, " k"]:
    """Vertices where more than two edges of the border meet."""
    ends = np.stack([triangles, np.roll(triangles, -1, axis=1)], axis=-1).reshape(-1, 2)
    pairs, count = np.unique(np.sort(ends, axis=1), axis=0, return_counts=True)
    vertices, times = np.unique(pairs[count == 1], return_counts=True)
    return vertices[times > 2]


@numba.njit(nogil=True, cache=True)
@no_type_check
def _flip(triangles, neighbours, chart, points, passes):
    """`neighbours[t, k]` is the triangle opposite corner k, -1 at the hull; both arrays are changed in place."""
    for _ in range(passes):
        changed = False
        for t in range(len(triangles)):
            for k in range(3):
                other = neighbours[t, k]
                if other > t and _flip_edge(triangles, neighbours, chart, points, t, k, other):
                    changed = True
        if not changed:
            return


@numba.njit(nogil=True, cache=True)
@no_type_check
def _flip_edge(triangles, neighbours, chart, points, t, k, other):
    """Turns the edge b c between the triangles a b c and d c b into a d, if that makes them better."""
    a, b, c = triangles[t, k], triangles[t, (k + 1) % 3], triangles[t, (k + 2) % 3]
    place = 0
    while triangles[other, place] == b or triangles[other, place] == c:
        place += 1
    d = triangles[other, place]
    if not (_left(chart, a, b, d) and _left(chart, a, d, c)):
        return False
    if _angle(points, a, b, c) + _angle(points, d, b, c) <= np.pi + 1e-9:
        return False
    beyond_ac, beyond_ab = neighbours[t, (k + 1) % 3], neighbours[t, (k + 2) % 3]
    beyond_bd, beyond_cd = neighbours[other, (place + 1) % 3], neighbours[other, (place + 2) % 3]
    triangles[t, 0], triangles[t, 1], triangles[t, 2] = a, b, d
    neighbours[t, 0], neighbours[t, 1], neighbours[t, 2] = beyond_bd, other, beyond_ab
    triangles[other, 0], triangles[other, 1], triangles[other, 2] = a, d, c
    neighbours[other, 0], neighbours[other, 1], neighbours[other, 2] = beyond_cd, beyond_ac, t
    _tell(neighbours, beyond_bd, other, t)
    _tell(neighbours, beyond_ac, t, other)
    return True


@numba.njit(nogil=True, cache=True)
@no_type_check
def _tell(neighbours, triangle, former, now):
    if triangle >= 0:
        for k in range(3):
            if neighbours[triangle, k] == former:
                neighbours[triangle, k] = now
                return


@numba.njit(nogil=True, cache=True)
@no_type_check
def _left(chart, a, b, c):
    return (chart[b, 0] - chart[a, 0]) * (chart[c, 1] - chart[a, 1]) - (chart[b, 1] - chart[a, 1]) * (chart[c, 0] - chart[a, 0]) > 0


@numba.njit(nogil=True, cache=True)
@no_type_check
def _angle(points, a, b, c):
    """The angle at a."""
    u, v = points[b] - points[a], points[c] - points[a]
    cosine = (u * v).sum() / max(np.sqrt((u * u).sum() * (v * v).sum()), 1e-300)
    return np.arccos(min(1.0, max(-1.0, cosine)))
