"""Vertex normals of one mesh in numpy; training has its own, `rendering/normals.py`, for batches and gradients."""

from typing import no_type_check

import numba
import numpy as np
from jaxtyping import Float, Float64, Int


def vertex_normals(vertices: Float[np.ndarray, "v 3"], triangles: Int[np.ndarray, "m 3"]) -> Float64[np.ndarray, "v 3"]:
    """Unit normals, weighted by the areas of the triangles around each vertex; zero where there are none."""
    total = np.zeros((len(vertices), 3))
    _add_up(np.ascontiguousarray(vertices, dtype=np.float64), np.ascontiguousarray(triangles, dtype=np.int64), total)
    return total


@numba.njit(nogil=True, cache=True, error_model="numpy")
@no_type_check
def _add_up(vertices, triangles, total):
    """Twice the area of every triangle along its normal, summed at its corners; then unit length."""
    for t in range(triangles.shape[0]):
        i, j, k = triangles[t, 0], triangles[t, 1], triangles[t, 2]
        ax, ay, az = vertices[j, 0] - vertices[i, 0], vertices[j, 1] - vertices[i, 1], vertices[j, 2] - vertices[i, 2]
        bx, by, bz = vertices[k, 0] - vertices[i, 0], vertices[k, 1] - vertices[i, 1], vertices[k, 2] - vertices[i, 2]
        x, y, z = ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx
        for corner in (i, j, k):
            total[corner, 0] += x
            total[corner, 1] += y
            total[corner, 2] += z
    for v in range(total.shape[0]):
        length = max(np.sqrt(total[v, 0] ** 2 + total[v, 1] ** 2 + total[v, 2] ** 2), 1e-12)
        for axis in range(3):
            total[v, axis] /= length
