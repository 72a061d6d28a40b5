"""The head cut out of the base mesh: one disk of skin with ears, front scalp and a short neck, plus mouth, eyeballs and teeth as parts."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float64, Int64, UInt8
from scipy import sparse
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from hiface_pl.face_models.face_model import Part
from hiface_pl.face_models.open_model.source import BaseMesh

_HELPERS = {
    "helper-l-eye": Part.LEFT_EYE,
    "helper-r-eye": Part.RIGHT_EYE,
    "helper-upper-teeth": Part.TEETH,
    "helper-lower-teeth": Part.TEETH,
}


@dataclass(frozen=True)
class HeadMesh:
    """The coarse head. `used` are the base mesh's vertices in the head's order, `mirror` the vertex across the midline; millimetres."""

    vertices: Float64[np.ndarray, "v 3"]
    quads: Int64[np.ndarray, "f 4"]
    part: UInt8[np.ndarray, " f"]
    used: Int64[np.ndarray, " v"]
    mirror: Int64[np.ndarray, " v"]
    base_vertices: int

    def of_part(self, part: Part) -> Int64[np.ndarray, " p"]:
        """Sorted vertices of one part's faces."""
        return np.unique(self.quads[self.part == part])

    @property
    def skin(self) -> Bool[np.ndarray, " v"]:
        """Vertices that skin faces use."""
        mask = np.zeros(len(self.vertices), dtype=bool)
        mask[self.of_part(Part.SKIN)] = True
        return mask


def head_mesh(base: BaseMesh) -> HeadMesh:
    """Cuts the head out of the base mesh. Our choice: the planes were set by eye so that ears, hairline and chin stay inside."""
    body = np.flatnonzero(base.group == "body")
    skin, mouth = _body_parts(base, body)
    pieces = [(body[skin], Part.SKIN), (body[mouth], Part.MOUTH)]
    pieces += [(np.flatnonzero(base.group == group), part) for group, part in _HELPERS.items()]
    faces = np.concatenate([faces for faces, _ in pieces])
    part = np.concatenate([np.full(len(faces), part, dtype=np.uint8) for faces, part in pieces])
    used, quads = np.unique(base.quads[faces], return_inverse=True)
    vertices = base.vertices[used]
    distance, mirror = cKDTree(vertices).query(vertices * [-1, 1, 1])
    if np.max(distance) > 1e-6:
        raise ValueError("the base mesh is not mirror-symmetric")
    return HeadMesh(vertices, quads.reshape(-1, 4), part, used, np.asarray(mirror, dtype=np.int64), len(base.vertices))


def _body_parts(base: BaseMesh, body: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Faces of the skin and of the mouth bag, as positions in `body`."""
    islands = _islands(base.texture_quads[body])
    centre = base.vertices[base.quads[body]].mean(axis=1) / 100
    x, y, z = centre.T
    front = (y > 5.92) & (z > 0.12 + 0.28 * np.clip(y - 7.5, 0, None) - 0.15 * np.clip(6.6 - y, 0, None))
    trunk = (islands == 2) & (y > 5.9) & (np.abs(x) < 0.62)
    skin = np.flatnonzero(((islands == 0) | trunk) & front)
    pieces = _islands(base.quads[body][skin])
    skin = skin[pieces == np.bincount(pieces).argmax()]
    return _without_spikes(base.quads[body], skin), np.flatnonzero(islands == 1)


def _without_spikes(quads: Int64[np.ndarray, "f 4"], chosen: np.ndarray) -> np.ndarray:
    """The chosen faces without those that hang on by a single edge."""
    while True:
        ends = np.sort(np.stack([quads[chosen], np.roll(quads[chosen], -1, axis=1)], axis=-1), axis=-1).reshape(-1, 2)
        _, edge, count = np.unique(ends, axis=0, return_inverse=True, return_counts=True)
        neighbours = (count[edge.ravel()].reshape(-1, 4) > 1).sum(axis=1)
        if (neighbours > 1).all():
            return chosen
        chosen = chosen[neighbours > 1]


def _islands(faces: Int64[np.ndarray, "f 4"]) -> Int64[np.ndarray, " f"]:
    """The connected part that each face belongs to, numbered in the order of the smallest vertex."""
    ends = np.stack([faces, np.roll(faces, -1, axis=1)], axis=-1).reshape(-1, 2)
    size = int(faces.max()) + 1
    links = sparse.coo_array((np.ones(len(ends)), (ends[:, 0], ends[:, 1])), shape=(size, size))
    labels = connected_components(links, directed=False)[1][faces[:, 0]]
    return np.unique(labels, return_inverse=True)[1]
