"""Binary glTF: one mesh a part, the skin with albedo and normal map. Vertices stay in millimetres under a node that scales to metres."""

from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Int

from hiface_pl.details.displacement import DetailedMesh
from hiface_pl.face_models.face_model import Part, split_quads
from hiface_pl.inference.exports.gltf import Gltf
from hiface_pl.inference.exports.materials import SkinTextures
from hiface_pl.paths import replacing
from hiface_pl.rendering.renderer import PLAIN_COLOURS

METRES = 0.001
"""glTF lengths are metres."""
ROUGHNESS = 0.65
"""Our choice: dull enough for skin."""


def write_glb(mesh: DetailedMesh, textures: SkinTextures, path: Path) -> Path:
    """Writes one self-contained file. A vertex on a UV seam becomes one a texture coordinate, as glTF wants it. Raises OutputError."""
    file, nodes = Gltf(), []
    for part in Part:
        chosen = mesh.part == part
        if chosen.any():
            name = part.name.lower()
            surface = file.add("meshes", {"name": name, "primitives": [primitive(file, mesh, chosen, material(file, part, textures))[0]]})
            nodes.append(file.add("nodes", {"name": name, "mesh": surface, "scale": [METRES] * 3}))
    file.add("scenes", {"nodes": nodes})
    with replacing(path) as temporary:
        temporary.write_bytes(file.to_bytes())
    return path


def primitive(file: Gltf, mesh: DetailedMesh, chosen: np.ndarray, skin: int) -> tuple[dict[str, Any], Int[np.ndarray, " n"]]:
    """The chosen faces with a material, and which vertex of the mesh each of the file's vertices is."""
    quads, uv_quads = mesh.quads[chosen], mesh.uv_quads[chosen]
    triangles, uv_triangles = split_quads(quads)[0], split_quads(np.where(quads < 0, -1, uv_quads).astype(np.int32))[0]
    corner, vertex, texture = _split_seams(triangles, uv_triangles, len(mesh.uv))
    uv = np.stack([mesh.uv[texture, 0], 1 - mesh.uv[texture, 1]], axis=1)
    attributes = {
        "POSITION": file.vectors(mesh.vertices[vertex]),
        "NORMAL": file.vectors(mesh.normals[vertex]),
        "TEXCOORD_0": file.vectors(uv),
    }
    return {"attributes": attributes, "indices": file.triangles(corner), "material": skin}, vertex


def material(file: Gltf, part: Part, textures: SkinTextures) -> int:
    """The skin's textures, or a part's plain colour."""
    if part != Part.SKIN:
        plain = {"baseColorFactor": [*PLAIN_COLOURS[part], 1.0], "metallicFactor": 0.0, "roughnessFactor": 0.4}
        return file.add("materials", {"name": part.name.lower(), "pbrMetallicRoughness": plain})
    skin = {"baseColorTexture": file.texture(textures.albedo), "metallicFactor": 0.0, "roughnessFactor": ROUGHNESS}
    relief = {} if textures.normals is None else {"normalTexture": file.texture(textures.normals)}
    return file.add("materials", {"name": "skin", "pbrMetallicRoughness": skin} | relief)


def _split_seams(
    triangles: Int[np.ndarray, "m 3"], uv_triangles: Int[np.ndarray, "m 3"], textures: int
) -> tuple[Int[np.ndarray, "m 3"], Int[np.ndarray, " n"], Int[np.ndarray, " n"]]:
    """One number for every pair of vertex and texture coordinate in use: triangles in these numbers, and what each is a pair of."""
    pairs, corner = np.unique(triangles.astype(np.int64) * textures + uv_triangles, return_inverse=True)
    return corner.reshape(-1, 3), pairs // textures, pairs % textures
