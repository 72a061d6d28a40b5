"""ICT-FaceKit's arrays, from its folder of OBJ files or from one .npz with the same content. Nothing in the files is ever executed."""

import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float32, Int32

from hiface_pl.errors import AssetError, FaceModelError

REPOSITORY = "ICT-VGL/ICT-FaceKit"
_NEUTRAL = "generic_neutral_mesh"
_MILLIMETRES = 10.0
"""The model is in centimetres."""


@dataclass(frozen=True)
class IctArrays:
    """The whole model as the files have it, in mm: offsets from the neutral face, faces with -1 in the fourth corner of triangles."""

    neutral: Float32[np.ndarray, "v 3"]
    identity: Float32[np.ndarray, "ki v 3"]
    expression: Float32[np.ndarray, "ke v 3"]
    names: tuple[str, ...]
    quads: Int32[np.ndarray, "f 4"]
    uv: Float32[np.ndarray, "t 2"]
    uv_quads: Int32[np.ndarray, "f 4"]


def read_ict(path: Path, modes: int | None) -> IctArrays:
    """Reads a clone of the repository (or its FaceXModel folder) or an .npz file. Raises AssetError or FaceModelError."""
    if path.suffix == ".npz" and path.is_file():
        return _read_npz(path, modes)
    folder = path / "FaceXModel" if (path / "FaceXModel").is_dir() else path
    if (folder / f"{_NEUTRAL}.obj").is_file():
        return _read_folder(folder, modes)
    raise AssetError(
        f"there is no ICT-FaceKit at {path}: run `git clone` on the GitHub repository {REPOSITORY} with that folder as its target, "
        "or give the face model's `path` another place"
    )


def _read_folder(folder: Path, modes: int | None) -> IctArrays:
    neutral, uv, quads, uv_quads = read_obj(folder / f"{_NEUTRAL}.obj")
    files = sorted(folder.glob("*.obj"))
    identity = [file for file in files if file.stem.startswith("identity")][:modes]
    units = [file for file in files if not file.stem.startswith("identity") and file.stem != _NEUTRAL]
    if not identity or not units:
        raise AssetError(f"{folder} has no identity or no expression files: clone {REPOSITORY} again")

    def offsets(paths: list[Path]) -> np.ndarray:
        moved = np.empty((len(paths), *neutral.shape), dtype=np.float32)
        for row, path in zip(moved, paths, strict=True):
            vertices = read_vertices(path)
            if vertices.shape != neutral.shape:
                raise FaceModelError(f"{path} has {len(vertices)} vertices, the neutral face {len(neutral)}: clone {REPOSITORY} again")
            np.multiply(vertices - neutral, _MILLIMETRES, out=row)
        return moved

    names = tuple(file.stem for file in units)
    scaled = (neutral * _MILLIMETRES).astype(np.float32)
    return IctArrays(scaled, offsets(identity), offsets(units), names, quads, uv, uv_quads)


def _read_npz(path: Path, modes: int | None) -> IctArrays:
    try:
        with np.load(path, allow_pickle=False) as data:
            faces = data["faces"] if "faces" in data else data["quads"]
            return IctArrays(
                (data["neutral"] * _MILLIMETRES).astype(np.float32),
                data["id"][:modes].astype(np.float32) * np.float32(_MILLIMETRES),
                data["exp"].astype(np.float32) * np.float32(_MILLIMETRES),
                tuple(str(name) for name in data["names"]),
                np.ascontiguousarray(faces[..., 0], dtype=np.int32),
                data["vt"].astype(np.float32),
                np.ascontiguousarray(faces[..., 1], dtype=np.int32),
            )
    except (OSError, KeyError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise FaceModelError(
            f"{path} is not a readable ICT-FaceKit array file ({error}): make it again, or name a clone of {REPOSITORY}"
        ) from error


def read_vertices(path: Path) -> np.ndarray:
    """The vertices of an OBJ file, float64: whatever else it holds is skipped unread."""
    return _numbers(path, path.read_bytes(), b"v", 3)


def read_obj(path: Path) -> tuple[np.ndarray, np.ndarray, Int32[np.ndarray, "f 4"], Int32[np.ndarray, "f 4"]]:
    """Vertices, texture coordinates (float32) and faces of an OBJ file whose corners read vertex/texture. Raises FaceModelError."""
    text = path.read_bytes()
    vertices, uv = _numbers(path, text, b"v", 3), _numbers(path, text, b"vt", 2).astype(np.float32)
    corners = [line.split()[1:] for line in text.splitlines() if line.startswith(b"f ")]
    faces = np.full((len(corners), 4, 2), -1, dtype=np.int32)
    try:
        for face, row in zip(faces, corners, strict=True):
            face[: len(row)] = [[int(number) - 1 for number in corner.split(b"/")[:2]] for corner in row]
    except ValueError as error:
        raise FaceModelError(f"{path} has a face that is no quad or triangle of vertex/texture pairs: clone {REPOSITORY} again") from error
    return vertices, uv, np.ascontiguousarray(faces[..., 0]), np.ascontiguousarray(faces[..., 1])


def _numbers(path: Path, text: bytes, key: bytes, columns: int) -> np.ndarray:
    """The rows that start with `key`, which follow each other in one block."""
    first = 0 if text.startswith(key + b" ") else text.find(b"\n" + key + b" ") + 1
    last = text.rfind(b"\n" + key + b" ") + 1
    end = text.find(b"\n", last)
    block = text[first : end if end > 0 else len(text)].replace(key + b" ", b"")
    try:
        return np.fromstring(block, dtype=np.float64, sep=" ").reshape(-1, columns)
    except ValueError as error:
        raise FaceModelError(f"{path} has unreadable `{key.decode()}` lines ({error}): clone {REPOSITORY} again") from error
