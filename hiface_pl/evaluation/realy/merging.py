"""Regions with each place once: scans repeat vertices along the seams of their texture, which would tear when the region is deformed."""

import numpy as np

from hiface_pl.errors import EvaluationError
from hiface_pl.meshes.triangle_mesh import TriangleMesh

_PER_UNIT = 1e8
"""Vertices that agree when rounded to this grid are one. Paper: the public evaluator's mesh library does so."""


def merged(mesh: TriangleMesh) -> TriangleMesh:
    """The same triangles over distinct vertices in the order of first appearance; vertices that no triangle uses are left out.

    Raises EvaluationError for a mesh without triangles.
    """
    if not len(mesh.triangles):
        raise EvaluationError("a region of the scan has no triangles: give it faces")
    used = np.unique(mesh.triangles)
    cells = np.round(mesh.vertices[used] * _PER_UNIT).astype(np.int64)
    _, first, group = np.unique(cells, axis=0, return_index=True, return_inverse=True)
    rank = np.argsort(np.argsort(first))
    number = np.zeros(len(mesh.vertices), np.int32)
    number[used] = rank[group.ravel()]
    return TriangleMesh(mesh.vertices[used[np.sort(first)]], number[mesh.triangles])
