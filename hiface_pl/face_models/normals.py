"""Vertex normals of one mesh in numpy; training has its own, `rendering/normals.py`, for batches and gradients."""

import numpy as np
from jaxtyping import Float, Float64, Int


def vertex_normals(vertices: Float[np.ndarray, "v 3"], triangles: Int[np.ndarray, "m 3"]) -> Float64[np.ndarray, "v 3"]:
    """Unit normals, weighted by the areas of the triangles around each vertex; zero where there are none."""
    first, second, third = (vertices[triangles[:, k]] for k in range(3))
    faces = np.cross(second - first, third - first)
    total = np.stack([np.bincount(triangles.ravel(), np.repeat(faces[:, c], 3), minlength=len(vertices)) for c in range(3)], axis=1)
    return np.asarray(total / np.maximum(np.linalg.norm(total, axis=1, keepdims=True), 1e-12), dtype=np.float64)
