"""The linear system of one non-rigid solve: an affine map for each vertex of a region."""

import numpy as np
from jaxtyping import Float64, Int32
from scipy.sparse import bsr_array, coo_array, csc_array
from scipy.sparse.linalg import splu


class SingularSystem(Exception):  # noqa: N818 - says what was found, and is caught where it is known which region it is
    """The normal equations have no unique solution."""


class AffineSystem:
    """Minimises alpha^2 |(M kron G) X|^2 + sum_i c_i |d_i X_i|^2 - 2 sum_i d_i X_i b_i over maps X (n, 4, 3), by its normal equations.

    M is the incidence matrix of the region's edges, so that the first term compares the maps of neighbours.
    """

    def __init__(self, triangles: Int32[np.ndarray, "m 3"], count: int) -> None:
        edges = np.unique(np.sort(np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]]), axis=1), axis=0)
        edges = edges[edges[:, 0] != edges[:, 1]]
        ends = np.concatenate([edges, edges[:, ::-1]])
        around = coo_array((np.ones(len(ends)), (ends[:, 0], ends[:, 1])), shape=(count, count)).tocsr()
        self._laplacian = (coo_array((around.sum(axis=1), (np.arange(count), np.arange(count))), shape=(count, count)) - around).tocsr()

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

        `damping` times the mean of the diagonal draws each map to the one that moves nothing. Raises SingularSystem.
        """
        count = len(places)
        blocks = np.einsum("n,ni,nj->nij", weights, places, places)
        own = bsr_array((blocks, np.arange(count), np.arange(count + 1)), shape=(4 * count, 4 * count))
        from scipy.sparse import diags_array, kron

        matrix = kron(self._laplacian, diags_array(stiffness**2 * axes**2)) + own
        right = places[:, :, None] * pulls[:, None, :]
        if damping:
            matrix = matrix + damping * matrix.diagonal().mean() * diags_array(np.ones(4 * count))
            right = right + damping * matrix.diagonal().mean() * np.eye(4, 3)
        try:
            return splu(csc_array(matrix), permc_spec="MMD_AT_PLUS_A", options={"SymmetricMode": True}).solve(right.reshape(-1, 3)).reshape(count, 4, 3)
        except RuntimeError as error:
            raise SingularSystem from error
