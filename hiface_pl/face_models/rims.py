"""The rims of a surface: where its faces have no neighbour."""

import numpy as np
from jaxtyping import Integer


def rim_loops(quads: Integer[np.ndarray, "f 4"]) -> list[np.ndarray]:
    """Closed rims in the sense of the faces at them, shortest first. Triangles have -1 in the fourth corner. Raises ValueError."""
    following: dict[int, int] = {}
    edges = {(int(a), int(b)) for face in quads for a, b in _face_edges(face)}
    for a, b in sorted(edges):
        if (b, a) not in edges:
            if a in following:
                raise ValueError(f"two rims of the surface meet at vertex {a}")
            following[a] = b
    loops = []
    while following:
        loop = [next(iter(following))]
        while (ahead := following.pop(loop[-1])) != loop[0]:
            loop.append(ahead)
        loops.append(np.array(loop, dtype=np.int64))
    return sorted(loops, key=len)


def _face_edges(face: np.ndarray) -> list[tuple[int, int]]:
    corners = face[face >= 0].tolist()
    return list(zip(corners, corners[1:] + corners[:1], strict=True))
