"""The face on which MediaPipe numbers its 468 points, as a mesh."""

import json
import re
from collections.abc import Iterator

import numpy as np

from hiface_pl.assets.fetch import read_asset
from hiface_pl.errors import AssetError
from hiface_pl.meshes.triangle_mesh import TriangleMesh
from hiface_pl.perception.face_landmarks import POINTS

_CONTENTS = "package/face_mesh_solution_packed_assets_loader.js"
_PACKED = "package/face_mesh_solution_packed_assets.data"
_FILE = "geometry_pipeline_metadata_landmarks.binarypb"
_MILLIMETRES = 10.0
_MESH, _VERTICES, _INDICES, _NUMBERS_A_VERTEX = 1, 3, 4, 5
"""Field numbers of the published message; a vertex is a place in centimetres and a texture coordinate."""

Field = tuple[int, "int | bytes"]


def canonical_face() -> TriangleMesh:
    """468 vertices in mm in the model frame (y up, z out of the face, x to the subject's left). Needs the asset `face-mesh`.

    Raises AssetError.
    """
    try:
        message = dict(_fields(_packed_file()))[_MESH]
        fields = list(_fields(message if isinstance(message, bytes) else b""))
        numbers = np.frombuffer(b"".join(value for number, value in fields if number == _VERTICES and isinstance(value, bytes)), "<f4")
        vertices = numbers.reshape(POINTS, _NUMBERS_A_VERTEX)[:, :3].astype(np.float64) * _MILLIMETRES
        triangles = np.array([value for number, value in fields if number == _INDICES], dtype=np.int32).reshape(-1, 3)
    except (KeyError, ValueError, IndexError, TypeError) as error:
        raise AssetError(f"the face mesh cannot be read ({error}): fetch it again with `hiface-pl assets get face-mesh`") from error
    return TriangleMesh(vertices, triangles)


def _packed_file() -> bytes:
    """One of the files that the package keeps behind each other; its loader tells where each starts."""
    listed = re.search(r'"files":\s*(\[[^\]]*\])', read_asset("face-mesh", _CONTENTS).decode())
    entries = json.loads(listed.group(1)) if listed else []
    places = [(entry["start"], entry["end"]) for entry in entries if entry["filename"].endswith(_FILE)]
    start, end = places[0]
    return read_asset("face-mesh", _PACKED)[start:end]


def _fields(message: bytes) -> Iterator[Field]:
    """Field numbers and values of a message in protocol buffer encoding. Raises ValueError or IndexError where it is none."""
    place = 0
    while place < len(message):
        key, place = _varint(message, place)
        kind = key & 7
        if kind == 0:
            value, place = _varint(message, place)
            yield key >> 3, value
            continue
        if kind not in {1, 2, 5}:
            raise ValueError(f"wire type {kind}")
        length, place = _varint(message, place) if kind == 2 else (8 if kind == 1 else 4, place)
        yield key >> 3, message[place : place + length]
        place += length


def _varint(message: bytes, place: int) -> tuple[int, int]:
    value, shift = 0, 0
    while True:
        byte = message[place]
        value, shift, place = value | (byte & 127) << shift, shift + 7, place + 1
        if byte < 128:
            return value, place
