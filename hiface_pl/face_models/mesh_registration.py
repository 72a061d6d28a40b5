"""Bends one face mesh onto the surface of another: named points first, then everything else to the nearest skin."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64, Int64
from scipy import sparse
from scipy.interpolate import RBFInterpolator
from scipy.sparse.linalg import spsolve

from hiface_pl.face_models.normals import vertex_normals
from hiface_pl.meshes.closest import ClosestPoints, SurfaceTree
from hiface_pl.meshes.triangle_mesh import TriangleMesh

_STIFFNESS = (30.0, 30.0, 10.0, 10.0, 3.0, 3.0, 1.0, 1.0, 1.0)
"""Weight of bending against distance, round by round. Our choice: a sheet that starts stiff slides before it creases."""
_ANCHOR, _ALONG = 1.0, 0.02
"""Weights of the named points, and of staying near the closest point along the surface; leaving it costs 1."""
_SAME_SIDE = 0.3
"""Cosine between normals below which the closest point lies on another fold of the surface (a nostril's inside, an ear)."""
_FAR = 20.0
"""Millimetres beyond which the closest point says nothing."""


@dataclass(frozen=True)
class Anchors:
    """Vertices of the bent mesh and the places they belong to, mm."""

    vertices: Int64[np.ndarray, " n"]
    places: Float64[np.ndarray, "n 3"]


def register(mesh: TriangleMesh, anchors: Anchors, surface: TriangleMesh) -> Float64[np.ndarray, "v 3"]:
    """Where the vertices of `mesh` lie on or near `surface`, mm; at least four anchors that are not in one plane.

    A thin-plate spline through the anchors, then rounds of closest points with the bending energy of the displacement (its graph
    Laplacian) getting weaker. Paper: non-rigid ICP in the manner of Amberg et al. 2007; our choice: distances along normals.
    """
    warp = RBFInterpolator(mesh.vertices[anchors.vertices], anchors.places, kernel="thin_plate_spline", degree=1)
    start = np.asarray(warp(mesh.vertices), dtype=np.float64)
    tree, normals = SurfaceTree(surface), vertex_normals(surface.vertices, surface.triangles)
    bending = _bending(mesh)
    places = start
    for stiffness in _STIFFNESS:
        found = tree.closest(places)
        normal = np.einsum("nk,nkc->nc", found.weights, normals[surface.triangles[found.triangles]])
        weights = _weights(places, vertex_normals(places, mesh.triangles), found, normal)
        places = start + _displacement(stiffness * bending, found.places - start, normal, weights, anchors, start)
    return places


def _weights(places: np.ndarray, own: np.ndarray, found: ClosestPoints, normal: np.ndarray) -> Float64[np.ndarray, " v"]:
    distance = np.linalg.norm(found.places - places, axis=1)
    return ((own * normal).sum(axis=1) > _SAME_SIDE) * np.clip(1 - distance / _FAR, 0, None)


def _displacement(
    bending: sparse.csr_matrix, wanted: np.ndarray, normal: np.ndarray, weights: np.ndarray, anchors: Anchors, start: np.ndarray
) -> Float64[np.ndarray, "v 3"]:
    """The displacement d that minimises bending plus, a vertex, the weighted distance to what is wanted, mostly along the normal."""
    pull = weights[:, None, None] * (normal[:, :, None] * normal[:, None, :] + _ALONG * np.eye(3))
    right = np.einsum("nij,nj->ni", pull, wanted)
    pull[anchors.vertices] += _ANCHOR * np.eye(3)
    right[anchors.vertices] += _ANCHOR * (anchors.places - start[anchors.vertices])
    count = len(start)
    blocks = sparse.bsr_matrix((pull, np.arange(count), np.arange(count + 1)), shape=(3 * count, 3 * count))
    solved = spsolve((sparse.kron(bending, np.eye(3)) + blocks).tocsc(), right.ravel())
    return np.asarray(solved, dtype=np.float64).reshape(-1, 3)


def _bending(mesh: TriangleMesh) -> sparse.csr_matrix:
    """L^T L of the mesh's graph Laplacian L = 1 - neighbours' mean, symmetric and positive."""
    pairs = np.concatenate([mesh.triangles[:, [k, (k + 1) % 3]] for k in range(3)])
    rows, columns = np.concatenate([pairs, pairs[:, ::-1]]).T
    count = len(mesh.vertices)
    near = sparse.csr_matrix((np.ones(len(rows)), (rows, columns)), shape=(count, count)).sign()
    laplacian = sparse.identity(count) - sparse.diags(1 / np.maximum(np.asarray(near.sum(axis=1)).ravel(), 1)) @ near
    return (laplacian.T @ laplacian).tocsr()
