"""Wavefront OBJ with its material library and textures: millimetres, model frame, quads kept, one block of text a kind of line."""

from pathlib import Path

import numpy as np
import torch
from PIL import Image

from hiface_pl.details.displacement import DetailedMesh
from hiface_pl.face_models.face_model import Part
from hiface_pl.inference.exports.materials import SkinTextures
from hiface_pl.inference.exports.number_text import rows_of_numbers
from hiface_pl.paths import replacing
from hiface_pl.rendering.renderer import PLAIN_COLOURS
from hiface_pl.rendering.shading_curve import encode


def write_obj(mesh: DetailedMesh, textures: SkinTextures, path: Path) -> list[Path]:
    """Writes NAME.obj, NAME.mtl and its textures; returns their paths. Raises OutputError."""
    written = _write_textures(textures, path)
    materials = path.with_suffix(".mtl")
    with replacing(materials) as temporary:
        temporary.write_text(_material_library(path.stem, textures))
    with replacing(path) as temporary:
        temporary.write_text(obj_text(mesh, materials.name))
    return [path, materials, *written]


def obj_text(mesh: DetailedMesh, materials: str) -> str:
    """The OBJ file; normals share the vertices' numbers."""
    head = f"# hiface_pl, millimetres, y up, z out of the face, x to the subject's left\nmtllib {materials}\n"
    blocks = [
        rows_of_numbers("v", mesh.vertices, "   ", 4),
        rows_of_numbers("vt", mesh.uv, "  ", 6),
        rows_of_numbers("vn", mesh.normals, "   ", 4),
    ]
    for part in Part:
        chosen = mesh.part == part
        if chosen.any():
            blocks += [f"g {part.name.lower()}\nusemtl {part.name.lower()}\n", *_faces(mesh.quads[chosen], mesh.uv_quads[chosen])]
    return head + "".join(blocks)


def _faces(quads: np.ndarray, uv_quads: np.ndarray) -> list[str]:
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
