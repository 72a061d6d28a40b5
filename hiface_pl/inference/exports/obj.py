"""Wavefront OBJ with its material library and textures: millimetres, model frame, quads kept, one block of text a kind of line."""

from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from hiface_pl.details.displacement import DetailedMesh, Topology
from hiface_pl.face_models.face_model import Part
from hiface_pl.inference.exports.materials import SkinTextures
from hiface_pl.inference.exports.number_text import rows_of_numbers
from hiface_pl.paths import replacing
from hiface_pl.rendering.renderer import PLAIN_COLOURS
from hiface_pl.rendering.shading_curve import encode


class ObjWriter:
    """Writes meshes of one topology; the lines that they share are made once. Normals share the vertices' numbers."""

    def __init__(self, topology: Topology) -> None:
        self._topology = topology

    def write(self, mesh: DetailedMesh, textures: SkinTextures, path: Path) -> list[Path]:
        """Writes NAME.obj, NAME.mtl and its textures; returns their paths. Raises OutputError."""
        written = _write_textures(textures, path)
        materials = path.with_suffix(".mtl")
        with replacing(materials) as temporary:
            temporary.write_text(_material_library(path.stem, textures))
        with replacing(path) as temporary, temporary.open("wb") as stream:
            stream.write(f"# hiface_pl, millimetres, y up, z out of the face, x to the subject's left\nmtllib {materials.name}\n".encode())
            stream.write(rows_of_numbers("v", mesh.vertices, "   ", 4))
            stream.write(self._charted)
            stream.write(rows_of_numbers("vn", mesh.normals, "   ", 4))
            stream.write(self._joined)
        return [path, materials, *written]

    @cached_property
    def _charted(self) -> bytes:
        return rows_of_numbers("vt", self._topology.uv, "  ", 6)

    @cached_property
    def _joined(self) -> bytes:
        blocks = []
        for part in Part:
            chosen = self._topology.part == part
            if chosen.any():
                blocks.append(f"g {part.name.lower()}\nusemtl {part.name.lower()}\n".encode())
                blocks += _faces(self._topology.quads[chosen], self._topology.uv_quads[chosen])
        return b"".join(blocks)


def _faces(quads: np.ndarray, uv_quads: np.ndarray) -> list[bytes]:
    blocks = []
    for corners, chosen in ((3, quads[:, 3] < 0), (4, quads[:, 3] >= 0)):
        vertices, texture = quads[chosen][:, :corners] + 1, uv_quads[chosen][:, :corners] + 1
        numbers = np.stack([vertices, texture, vertices], axis=-1).reshape(-1, 3 * corners)
        blocks.append(rows_of_numbers("f", numbers, " //" * corners))
    return blocks


def _write_textures(textures: SkinTextures, path: Path) -> list[Path]:
    written = []
    for name, pixels in (("albedo", textures.albedo), ("normals", textures.normals)):
        if pixels is not None:
            target = path.with_name(f"{path.stem}_{name}.png")
            with replacing(target) as temporary:
                Image.fromarray(pixels).save(temporary, compress_level=1)
            written.append(target)
    return written


def _material_library(stem: str, textures: SkinTextures) -> str:
    skin = [f"newmtl skin\nKd 1 1 1\nKs 0.04 0.04 0.04\nNs 20\nillum 2\nmap_Kd {stem}_albedo.png"]
    if textures.normals is not None:
        skin.append(f"norm {stem}_normals.png")
    plain = [
        "newmtl {}\nKd {:.4f} {:.4f} {:.4f}\nillum 2".format(part.name.lower(), *encode(torch.tensor(rgb)).tolist())
        for part, rgb in PLAIN_COLOURS.items()
        if part != Part.SKIN
    ]
    return "\n".join(skin) + "\n\n" + "\n\n".join(plain) + "\n"
