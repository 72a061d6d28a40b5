"""Wavefront OBJ with its material library and textures: millimetres, model frame, quads kept, one block of text a kind of line."""

from pathlib import Path

import numpy as np
import torch
from PIL import Image

from hiface_pl.details.displacement import DetailedMesh
from hiface_pl.face_models.face_model import Part
from hiface_pl.inference.exports.materials import SkinTextures
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
    blocks = [_rows("v %.4f %.4f %.4f\n", mesh.vertices), _rows("vt %.6f %.6f\n", mesh.uv), _rows("vn %.4f %.4f %.4f\n", mesh.normals)]
    for part in Part:
        chosen = mesh.part == part
        if chosen.any():
            blocks += [f"g {part.name.lower()}\nusemtl {part.name.lower()}\n", *_faces(mesh.quads[chosen], mesh.uv_quads[chosen])]
    return head + "".join(blocks)


def _faces(quads: np.ndarray, uv_quads: np.ndarray) -> list[str]:
    blocks = []
    for corners, chosen in ((3, quads[:, 3] < 0), (4, quads[:, 3] >= 0)):
        vertices, texture = quads[chosen][:, :corners] + 1, uv_quads[chosen][:, :corners] + 1
        blocks.append(_rows("f" + " %d/%d/%d" * corners + "\n", np.stack([vertices, texture, vertices], axis=-1)))
    return blocks


def _rows(form: str, values: np.ndarray) -> str:
    """Every row of `values` through one format; a single formatting call, because a call a row takes ten times as long."""
    return (form * len(values)) % tuple(values.ravel().tolist())


def _write_textures(textures: SkinTextures, path: Path) -> list[Path]:
    written = []
    for name, pixels in (("albedo", textures.albedo), ("normals", textures.normals)):
        if pixels is not None:
            target = path.with_name(f"{path.stem}_{name}.png")
            with replacing(target) as temporary:
                Image.fromarray(pixels).save(temporary, compress_level=3)
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
