"""The linear system of one non-rigid solve: an affine map for each vertex of a region."""

import numpy as np
from jaxtyping import Float64
from scipy.sparse import coo_array

from hiface_pl.evaluation.realy.cholesky_kernels import prepared_leaves, reserved, solve_maps
from hiface_pl.evaluation.realy.dissection_kernels import dissect, fronts, reordered, shortened
from hiface_pl.meshes.triangle_mesh import TriangleMesh

_LEAF, _BLOCK = 12, 20
_DIRECTIONS = np.array([[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 0], [1, -1, 0]], dtype=np.float64)


class SingularSystem(Exception):  # noqa: N818 - says what was found, and is caught where it is known which region it is
    """The normal equations have no unique solution."""


class AffineSystem:
    """Minimises |alpha (M kron G) X|^2 + sum_i c_i |d_i X_i|^2 - 2 sum_i d_i X_i b_i over maps X (n, 4, 3), by its normal equations.

    M is the incidence matrix of the region's edges, so that the first term compares the maps of neighbours. Our choice: own compiled
    Cholesky, because the sparsity never changes between solves, every block is 4 x 4 and each factor serves one solve; what can be said
    about the sparsity is found out once, here.
    """

    def __init__(self, mesh: TriangleMesh) -> None:
        starts, neighbours = _graph(mesh)
        self._order, nodes = dissect(mesh.vertices, _DIRECTIONS, starts, neighbours, _LEAF)
        self._graph = reordered(self._order, starts, neighbours)
        nodes = shortened(nodes, _BLOCK)
        self._tree = (nodes, *fronts(nodes, *self._graph))
        self._leaves = prepared_leaves(*self._tree, self._graph)
        self._memory = reserved(nodes, self._tree[1], self._tree[3])

    def solve(
        self,
        stiffness: float,
        axes: Float64[np.ndarray, " 4"],
        places: Float64[np.ndarray, "n 4"],
        weights: Float64[np.ndarray, " n"],
        pulls: Float64[np.ndarray, "n 3"],
        damping: float = 0.0,
    ) -> Float64[np.ndarray, "n 4 3"]:
        """X for alpha = `stiffness`, the diagonal of G = `axes`, d = `places`, c = `weights` and b = `pulls`.

        `damping`, a part of alpha^2, draws each map to the one that moves nothing. Raises SingularSystem.
        """
        order, maps = self._order, np.empty((4 * len(places), 3))
        terms = (stiffness**2 * axes**2, places[order], weights[order], pulls[order], damping * stiffness**2)
        if not solve_maps(self._tree, self._graph, self._leaves, terms, self._memory, maps):
            raise SingularSystem
        result = np.empty((len(places), 4, 3))
        result[order] = maps.reshape(-1, 4, 3)
        return result


def _graph(mesh: TriangleMesh) -> tuple[np.ndarray, np.ndarray]:
    """The edges of a mesh as neighbours of each vertex: where they start, and which they are."""
    ends = np.concatenate([mesh.triangles[:, [a, b]] for a, b in ((0, 1), (1, 2), (2, 0), (1, 0), (2, 1), (0, 2))]).astype(np.int64)
    ends = ends[ends[:, 0] != ends[:, 1]]
    count = len(mesh.vertices)
    links = coo_array((np.ones(len(ends)), (ends[:, 0], ends[:, 1])), shape=(count, count)).tocsr()
    return links.indptr.astype(np.int64), links.indices.astype(np.int64)
