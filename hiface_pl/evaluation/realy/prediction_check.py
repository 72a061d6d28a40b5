"""Whether a predicted mesh is one of the template's topology, before anything is computed from it."""

import numpy as np
from jaxtyping import Float64, Int32

from hiface_pl.errors import MeshError
from hiface_pl.evaluation.realy.keypoint_sets import GLOBAL
from hiface_pl.evaluation.realy.template import Template
from hiface_pl.meshes.triangle_mesh import TriangleMesh

_SEVEN = list(GLOBAL)
INNER = list(range(17, 68))
"""Brows, nose, eyes and mouth: keypoints that every topology has, and that lie alike on all faces."""
OUTER_EYE_CORNERS = (36, 45)
KEYPOINTS_OFF = 0.3
"""Root mean square distance of the inner keypoints after the seven-point fit, in distances of the outer eye corners.

Our choice: random faces of our model with a dozen expression units fully on stay below 0.19, the means of five topologies of REALY and
of ours among each other below 0.06; vertices in reversed, sorted or random order give 0.45 to 0.85.
"""
EDGES_OFF, TIMES = 0.05, 3.0
"""Share of edges that may be TIMES longer or shorter than the template's, relative to the median edge.

Our choice: the same faces stay below 0.01; vertices in reversed, sorted or random order give 0.09 to 0.75, and in three of six topologies
so do vertices that all moved on by one, which keypoints hardly show.
"""
DEGENERATE, THIN = 0.01, 1e-6
"""Share of triangles that may have less than THIN of the median area. Our choice: REALY's templates and our model have none."""


def check_prediction(mesh: TriangleMesh, template: Template, keypoints: Float64[np.ndarray, "85 3"]) -> None:
    """Raises MeshError, which says what is wrong, unless the protocol can be run. `keypoints` are the subject's, in any frame and unit."""
    _check_arrays(mesh, template)
    if _share_of_thin(mesh.vertices, template) > DEGENERATE + _share_of_thin(template.places, template):
        raise MeshError(f"more than {DEGENERATE:.0%} of its triangles have no area: export it with more digits, or look at it")
    distance = keypoint_distance(template.keypoints(mesh.vertices), keypoints)
    if not distance < KEYPOINTS_OFF:
        raise MeshError(
            f"its keypoints form no face, they lie {distance:.2f} eye distances off: its vertices are in another order than those of "
            f"{template.name} (save them as they are, with `process=False` in trimesh), or the template is not the right one"
        )
    share = share_of_other_edges(mesh.vertices, template)
    if share > EDGES_OFF:
        raise MeshError(
            f"{share:.0%} of its edges are {TIMES:.0f} times longer or shorter than in {template.name}: its vertices are in another order"
        )


def keypoint_distance(predicted: Float64[np.ndarray, "85 3"], wanted: Float64[np.ndarray, "85 3"]) -> float:
    """Root mean square distance of the inner keypoints after a similarity fit of the seven, in distances of the outer eye corners.

    A mirrored face fits: what the protocol makes of it is the mode's business.
    """
    source, target = predicted - predicted[_SEVEN].mean(axis=0), wanted - wanted[_SEVEN].mean(axis=0)
    left, _, right = np.linalg.svd(target[_SEVEN].T @ source[_SEVEN])
    turned = source @ (left @ right).T
    size = np.linalg.norm(turned[_SEVEN])
    if size == 0:
        return float("inf")
    off = turned[INNER] * (np.linalg.norm(target[_SEVEN]) / size) - target[INNER]
    first, second = OUTER_EYE_CORNERS
    return float(np.sqrt((off**2).sum(axis=1).mean()) / np.linalg.norm(target[first] - target[second]))


def share_of_other_edges(vertices: Float64[np.ndarray, "v 3"], template: Template) -> float:
    """How many of the edges, 0 to 1, are TIMES longer or shorter than in the template, after scaling; 0 where it has no places."""
    if template.places is None:
        return 0.0
    found, wanted = _edges(vertices, template.triangles), _edges(template.places, template.triangles)
    proper = (wanted > 0) & (found > 0)
    if not proper.any():
        return 0.0
    ratio = np.log(found[proper] / wanted[proper])
    return float((np.abs(ratio - np.median(ratio)) > np.log(TIMES)).mean())


def _check_arrays(mesh: TriangleMesh, template: Template) -> None:
    if not len(mesh.vertices):
        raise MeshError("it is empty: it has no vertices")
    if len(mesh.vertices) != template.vertex_count:
        raise MeshError(f"it has {len(mesh.vertices)} vertices, the template {template.name} has {template.vertex_count}")
    if not np.isfinite(mesh.vertices).all():
        broken = int((~np.isfinite(mesh.vertices).all(axis=1)).sum())
        raise MeshError(f"{broken} of its vertices are no numbers (NaN or infinite)")
    if not len(mesh.triangles):
        raise MeshError("it has no faces: export it with the template's")
    if not _same_surface(mesh.triangles, template.triangles):
        raise MeshError(
            f"its {len(mesh.triangles)} triangles are not the {len(template.triangles)} of the template {template.name}: "
            "they join other vertices"
        )


def _same_surface(first: Int32[np.ndarray, "m 3"], second: Int32[np.ndarray, "n 3"]) -> bool:
    """Whether the triangles join the same vertices, in whatever order, from whichever corner and side."""
    return np.array_equal(first, second) or (first.shape == second.shape and np.array_equal(_sorted(first), _sorted(second)))


def _sorted(triangles: Int32[np.ndarray, "m 3"]) -> Int32[np.ndarray, "m 3"]:
    corners = np.sort(triangles, axis=1)
    return corners[np.lexsort(corners.T[::-1])]


def _share_of_thin(vertices: Float64[np.ndarray, "v 3"] | None, template: Template) -> float:
    if vertices is None:
        return 0.0
    a, b, c = (vertices[template.triangles[:, corner]] for corner in range(3))
    areas = np.linalg.norm(np.cross(b - a, c - a), axis=1)
    return float((areas <= THIN * np.median(areas)).mean())


def _edges(vertices: Float64[np.ndarray, "v 3"], triangles: Int32[np.ndarray, "m 3"]) -> Float64[np.ndarray, " e"]:
    corners = vertices[triangles]
    return np.linalg.norm(corners - np.roll(corners, 1, axis=1), axis=2).ravel()
