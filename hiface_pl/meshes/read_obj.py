"""Wavefront OBJ, vertices and faces only: fast, exact, in file order."""

from pathlib import Path

import numpy as np

from hiface_pl.errors import MeshError
from hiface_pl.face_models.face_model import split_quads
from hiface_pl.meshes.obj_kernels import CORNERS, FEW_NUMBERS, NO_INTEGER, walk
from hiface_pl.meshes.triangle_mesh import TriangleMesh

_PROBLEMS = {FEW_NUMBERS: "a `v` line has fewer than three numbers", CORNERS: "a face has neither three nor four corners"}


def read_obj(path: Path) -> TriangleMesh:
    """Vertices as they stand in the file, also those that no face uses; a quad a b c d becomes a b c, then a c d.

    Understands colours behind the coordinates, `f a`, `f a/b`, `f a//c`, `f a/b/c`, indices counted backwards and comments. Groups,
    materials, normals and texture coordinates are passed over. Numbers are those of Python's float(). A file of points has no
    triangles. Raises MeshError.
    """
    try:
        text = path.read_bytes()
    except OSError as error:
        raise MeshError(f"cannot read {path} ({error.strerror}): check the path") from error
    try:
        return _parsed(text.replace(b"\\\n", b" ").replace(b"\\\r\n", b" "))
    except ValueError as error:
        raise MeshError(f"{path} is no readable OBJ file ({error}): export it again") from error


def _parsed(text: bytes) -> TriangleMesh:
    lines = text.count(b"\n") + text.count(b"\r") + 1
    vertices, quads, hard = np.empty((lines, 3)), np.empty((lines, 4), np.int32), np.empty((3 * lines, 3), np.int64)
    outcome, place, vertex_count, face_count, hard_count = walk(np.frombuffer(text, np.uint8), vertices, quads, hard)
    if outcome == NO_INTEGER:
        raise ValueError(f"a face has `{_word(text, place).decode(errors='replace')}` for a vertex")
    if outcome in _PROBLEMS:
        raise ValueError(f"{_PROBLEMS[outcome]}, line {text.count(bytes([10]), 0, place) + 1}")
    for row, column, start in hard[:hard_count].tolist():
        vertices[row, column] = float(_word(text, start))
    quads = quads[:face_count]
    if face_count and (quads.min() < -1 or quads.max() >= vertex_count or quads[:, :3].min() < 0):
        raise ValueError(f"a face names a vertex that is not among the {vertex_count}")
    return TriangleMesh(vertices[:vertex_count].copy(), split_quads(quads)[0])


def _word(text: bytes, start: int) -> bytes:
    return text[start : start + 400].split(maxsplit=1)[0]
