"""Flattening a triangulated disk: minimise the symmetric Dirichlet energy sum_t a_t (|J|^2 + |J^-1|^2) without a single flip.

Our choice: scalable locally injective mappings (reweighted least squares proxies, line search), because the energy is infinite at a flip,
so a valid start stays valid, and 60 sparse solves take seconds.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64, Int64
from scipy import sparse
from scipy.sparse.linalg import spsolve

_STEPS, _SHRINK, _ARMIJO, _ENOUGH = 60, 0.6, 1e-4, 1e-6


@dataclass(frozen=True)
class FlatteningProblem:
    """Triangles, their undistorted shapes as 2 x 2 edge matrices (columns: first to second, first to third corner), and their weights."""

    triangles: Int64[np.ndarray, "t 3"]
    rest: Float64[np.ndarray, "t 2 2"]
    weight: Float64[np.ndarray, " t"]

    def jacobians(self, plane: Float64[np.ndarray, "n 2"]) -> Float64[np.ndarray, "t 2 2"]:
        """Rest shape to plane, per triangle."""
        corners = plane[self.triangles]
        edges = np.stack([corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]], axis=-1)
        return edges @ np.linalg.inv(self.rest)

    def energy(self, plane: Float64[np.ndarray, "n 2"]) -> float:
        """The weighted energy, infinite if any triangle is flipped."""
        jacobian = self.jacobians(plane)
        determinant = np.linalg.det(jacobian)
        if (determinant <= 0).any():
            return np.inf
        return float((self.weight * (jacobian**2).sum(axis=(1, 2)) * (1 + determinant**-2)).sum())

    def gradient(self, plane: Float64[np.ndarray, "n 2"]) -> Float64[np.ndarray, "n 2"]:
        """Of the energy, in the plane's coordinates."""
        jacobian = self.jacobians(plane)
        determinant = np.linalg.det(jacobian)[:, None, None]
        square = (jacobian**2).sum(axis=(1, 2))[:, None, None]
        cofactor = np.stack(
            [np.stack([jacobian[:, 1, 1], -jacobian[:, 1, 0]], -1), np.stack([-jacobian[:, 0, 1], jacobian[:, 0, 0]], -1)], axis=1
        )
        of_jacobian = 2 * jacobian * (1 + determinant**-2) - 2 * square / determinant**3 * cofactor
        at_edges = self.weight[:, None, None] * of_jacobian @ np.linalg.inv(self.rest).transpose(0, 2, 1)
        at_corners = np.stack([-at_edges.sum(axis=2), at_edges[:, :, 0], at_edges[:, :, 1]], axis=1)
        return np.stack([np.bincount(self.triangles.ravel(), at_corners[:, :, c].ravel(), minlength=len(plane)) for c in (0, 1)], axis=1)

    def proxy(self, plane: Float64[np.ndarray, "n 2"]) -> sparse.csc_array:
        """(2n, 2n) matrix of the reweighted quadratic that touches the energy at `plane`."""
        left, values, _ = np.linalg.svd(self.jacobians(plane))
        away = np.where(np.abs(values - 1) < 1e-4, 1e-4, values - 1)
        weight = np.where(np.abs(values - 1) < 1e-4, 8.0, 2 * (values - values**-3) / away)
        metric = np.einsum("tij,tj,tkj->tik", left, np.clip(weight, 1e-6, 1e8), left)
        inverse = np.linalg.inv(self.rest)
        hats = np.stack([-inverse.sum(axis=1), inverse[:, 0], inverse[:, 1]], axis=1)
        stiffness = np.einsum("tai,tbi->tab", hats, hats) * self.weight[:, None, None]
        blocks = np.einsum("tab,tij->taibj", stiffness, metric).reshape(-1, 6, 6)
        index = (self.triangles[:, :, None] * 2 + np.arange(2)).reshape(-1, 6)
        rows, columns = np.repeat(index, 6, axis=1).ravel(), np.tile(index, (1, 6)).ravel()
        size = 2 * len(plane)
        return sparse.csc_array(sparse.coo_array((blocks.ravel(), (rows, columns)), shape=(size, size)) + 1e-9 * sparse.identity(size))


def flatten(problem: FlatteningProblem, start: Float64[np.ndarray, "n 2"]) -> Float64[np.ndarray, "n 2"]:
    """The plane coordinates of least energy that steps from `start`, which must not flip any triangle, reach. Raises ValueError."""
    plane, energy = start, problem.energy(start)
    if not np.isfinite(energy):
        raise ValueError("the start of the flattening flips a triangle")
    for _ in range(_STEPS):
        gradient = problem.gradient(plane)
        direction = spsolve(problem.proxy(plane), -gradient.ravel()).reshape(-1, 2)
        moved, lower = _line_search(problem, plane, energy, direction, float((gradient * direction).sum()))
        done = energy - lower < _ENOUGH * lower
        plane, energy = moved, lower
        if done:
            break
    return plane


def _line_search(
    problem: FlatteningProblem, plane: np.ndarray, energy: float, direction: np.ndarray, slope: float
) -> tuple[np.ndarray, float]:
    step = 1.0
    while step > 1e-8:
        lower = problem.energy(plane + step * direction)
        if lower < energy + _ARMIJO * step * slope:
            return plane + step * direction, lower
        step *= _SHRINK
    return plane, energy


def tutte(
    triangles: Int64[np.ndarray, "t 3"], rim: Int64[np.ndarray, " r"], circle: Float64[np.ndarray, "r 2"], count: int
) -> Float64[np.ndarray, "n 2"]:
    """Tutte's embedding of a disk of `count` vertices: the rim on a convex curve, every other vertex at the mean of its neighbours."""
    ends = np.unique(np.sort(triangles[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2), axis=1), axis=0)
    links = sparse.coo_array((np.ones(len(ends)), (ends[:, 0], ends[:, 1])), shape=(count, count))
    both = sparse.csr_array(links + links.T)
    laplacian = sparse.csr_array(sparse.diags(both.sum(axis=1)) - both)
    plane = np.zeros((count, 2))
    plane[rim] = circle
    inside = np.setdiff1d(np.arange(count), rim)
    plane[inside] = spsolve(sparse.csc_array(laplacian[inside][:, inside]), -(laplacian[inside][:, rim] @ circle))
    return plane
