"""Wavefront OBJ, vertices and faces only: fast, exact, in file order."""

import re
from itertools import accumulate, chain
from pathlib import Path

import numpy as np
from jaxtyping import Int32

from hiface_pl.errors import MeshError
from hiface_pl.face_models.face_model import split_quads
from hiface_pl.meshes.triangle_mesh import TriangleMesh

_VERTEX, _FACE = (b"v ", b"v\t"), (b"f ", b"f\t")
_BESIDE_THE_VERTEX = re.compile(rb"/\S*")


def read_obj(path: Path) -> TriangleMesh:
    """Vertices as they stand in the file, also those that no face uses; a quad a b c d becomes a b c, then a c d.

    Understands colours behind the coordinates, `f a`, `f a/b`, `f a//c`, `f a/b/c` and indices counted backwards. Groups, materials,
    normals and texture coordinates are passed over. A file of points has no triangles. Raises MeshError.
    """
    try:
        lines = path.read_bytes().replace(b"\\\n", b" ").splitlines()
    except OSError as error:
        raise MeshError(f"cannot read {path} ({error.strerror}): check the path") from error
    try:
        vertices = _vertices(lines)
        quads = _quads(lines, len(vertices))
    except ValueError as error:
        raise MeshError(f"{path} is no readable OBJ file ({error}): export it again") from error
    return TriangleMesh(vertices, split_quads(quads)[0])


def _vertices(lines: list[bytes]) -> np.ndarray:
    rows = [line.split()[1:4] for line in lines if line.startswith(_VERTEX)]
    if any(len(row) < 3 for row in rows):
        raise ValueError("a `v` line has fewer than three numbers")
    return np.array(list(map(float, chain.from_iterable(rows))), dtype=np.float64).reshape(-1, 3)


def _quads(lines: list[bytes], count: int) -> Int32[np.ndarray, "f 4"]:
    """Faces with indices from 0, -1 in the fourth corner of a triangle."""
    faces = [line for line in lines if line.startswith(_FACE)]
    rows = [line.split()[1:] for line in _BESIDE_THE_VERTEX.sub(b"", b"\n".join(faces)).split(b"\n")] if faces else []
    corners = np.array([len(row) for row in rows], dtype=np.int64)
    if not np.isin(corners, (3, 4)).all():
        raise ValueError("a face has neither three nor four corners")
    numbers = np.array(list(map(int, chain.from_iterable(rows))), dtype=np.int64)
    known = np.repeat(_known(lines), corners) if (numbers < 0).any() else count
    numbers = np.where(numbers < 0, known + numbers, numbers - 1)
    if numbers.size and (numbers.min() < 0 or numbers.max() >= count):
        raise ValueError(f"a face names a vertex that is not among the {count}")
    quads = np.full((len(rows), 4), -1, dtype=np.int32)
    quads[np.arange(4) < corners[:, None]] = numbers
    return quads


def _known(lines: list[bytes]) -> np.ndarray:
    """How many vertices stand before each face, from where negative indices count back."""
    before = accumulate(line.startswith(_VERTEX) for line in lines)
    return np.array([count for count, line in zip(before, lines, strict=True) if line.startswith(_FACE)], dtype=np.int64)
