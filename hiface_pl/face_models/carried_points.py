"""Surface points carried between a mesh and its refinement, so that a keypoint stays on the surface at every level of detail."""

import numpy as np
from jaxtyping import Float64, Int32

from hiface_pl.face_models.face_model import SurfacePoints

SQUARE = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], dtype=np.float64)
TRIANGLE = np.array([[0, 0], [1, 0], [0, 1]], dtype=np.float64)


def carry_points(points: SurfacePoints, quads: Int32[np.ndarray, "f 4"], fine_quads: Int32[np.ndarray, "g 4"]) -> SurfacePoints:
    """The same places on the refined mesh, whose faces follow those of `quads` corner by corner; old vertices keep their numbers.

    A point in a face keeps its position in the face's own parameters. Points on a vertex, or on vertices of different faces, stay as they
    are.
    """
    pairs, first = zip(points.vertices, points.weights, strict=True), _first_children(quads)
    rows = [_carry_one(vertices, weights, quads, fine_quads, first) for vertices, weights in pairs]
    return _gathered(rows)


def lower_points(points: SurfacePoints, quads: Int32[np.ndarray, "f 4"], fine_quads: Int32[np.ndarray, "g 4"]) -> SurfacePoints:
    """The inverse of `carry_points`: places on the refined mesh as points of the mesh that it was made from."""
    rows = [_lower_one(vertices, weights, quads, fine_quads) for vertices, weights in zip(points.vertices, points.weights, strict=True)]
    return _gathered(rows)


def face_of(vertices: Int32[np.ndarray, " 3"], quads: Int32[np.ndarray, "f 4"]) -> tuple[int, Int32[np.ndarray, " 3"]] | None:
    """The first face that has these three different vertices, and which of its corners they are; None where no face has them."""
    near = np.flatnonzero((quads == vertices[0]).any(axis=1))
    found = near[(quads[near][:, :, None] == vertices).any(axis=1).all(axis=1)]
    if not len(found) or len(set(vertices.tolist())) < 3:
        return None
    face = int(found[0])
    return face, np.array([int(np.flatnonzero(quads[face] == vertex)[0]) for vertex in vertices], dtype=np.int32)


def _carry_one(
    vertices: np.ndarray, weights: np.ndarray, quads: np.ndarray, fine_quads: np.ndarray, first: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    found = face_of(vertices, quads)
    if found is None:
        return vertices, weights
    face, corners = found
    outline = _outline(quads[face])
    cells = fine_quads[first[face] : first[face] + len(outline)]
    return _locate(weights @ outline[corners], _halves(_cells(outline)), _halves(cells))


def _lower_one(vertices: np.ndarray, weights: np.ndarray, quads: np.ndarray, fine_quads: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    found = face_of(vertices, fine_quads)
    if found is None:
        return vertices, weights
    first = _first_children(quads)
    face = int(np.searchsorted(first, found[0], side="right")) - 1
    outline = _outline(quads[face])
    place = weights @ _cells(outline)[found[0] - first[face]][found[1]]
    triangles = np.array([[0, 1, 2], [0, 2, 3]][: len(outline) - 2])
    return _locate(place, outline[triangles], quads[face][triangles])


def _outline(face: np.ndarray) -> Float64[np.ndarray, "k 2"]:
    return SQUARE if face[3] >= 0 else TRIANGLE


def _cells(outline: np.ndarray) -> Float64[np.ndarray, "k 4 2"]:
    """The refined faces of one face in its parameters: corner, next edge, face centre, previous edge."""
    middle = (outline + np.roll(outline, -1, axis=0)) / 2
    centre = np.broadcast_to(outline.mean(axis=0), outline.shape)
    return np.stack([outline, middle, centre, np.roll(middle, 1, axis=0)], axis=1)


def _halves(cells: np.ndarray) -> np.ndarray:
    """Quads (k, 4, ...) as triangles (2 k, 3, ...)."""
    return np.concatenate([cells[:, [0, 1, 2]], cells[:, [0, 2, 3]]])


def _first_children(quads: np.ndarray) -> np.ndarray:
    return np.concatenate([[0], np.cumsum((quads >= 0).sum(axis=1))[:-1]])


def _locate(place: np.ndarray, corners: np.ndarray, vertices: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The triangle among `corners` (n, 3, 2) that holds `place`, as its vertices and weights."""
    axes = (corners[:, 1:] - corners[:, :1]).transpose(0, 2, 1)
    inner = np.linalg.solve(axes, (place - corners[:, 0])[:, :, None])[:, :, 0]
    weights = np.concatenate([1 - inner.sum(axis=1, keepdims=True), inner], axis=1)
    best = int(weights.min(axis=1).argmax())
    clipped = np.clip(weights[best], 0, None)
    return vertices[best], clipped / clipped.sum()


def _gathered(rows: list[tuple[np.ndarray, np.ndarray]]) -> SurfacePoints:
    return SurfacePoints(np.array([row[0] for row in rows], dtype=np.int32), np.array([row[1] for row in rows], dtype=np.float32))
