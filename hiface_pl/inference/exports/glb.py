"""Binary glTF: one mesh a part, the skin with albedo and normal map. Vertices stay in millimetres under a node that scales to metres."""

from pathlib import Path

import numpy as np
import trimesh
from jaxtyping import Int
from PIL import Image
from trimesh.visual import TextureVisuals
from trimesh.visual.material import PBRMaterial

from hiface_pl.details.displacement import DetailedMesh
from hiface_pl.face_models.face_model import Part, split_quads
from hiface_pl.inference.exports.materials import SkinTextures
from hiface_pl.paths import replacing
from hiface_pl.rendering.renderer import PLAIN_COLOURS

METRES = 0.001
"""glTF lengths are metres."""
ROUGHNESS = 0.65
"""Our choice: dull enough for skin."""


def write_glb(mesh: DetailedMesh, textures: SkinTextures, path: Path) -> Path:
    """Writes one self-contained file. A vertex on a UV seam becomes one a texture coordinate, as glTF wants it. Raises OutputError."""
    scene = trimesh.Scene()
    for part in Part:
        chosen = mesh.part == part
        if chosen.any():
            name = part.name.lower()
            scene.add_geometry(_surface(mesh, chosen, _material(part, textures)), geom_name=name, node_name=name, transform=_to_metres())
    with replacing(path) as temporary:
        temporary.write_bytes(scene.export(file_type="glb", include_normals=True))
    return path


def _surface(mesh: DetailedMesh, chosen: np.ndarray, material: PBRMaterial) -> trimesh.Trimesh:
    quads, uv_quads = mesh.quads[chosen], mesh.uv_quads[chosen]
    triangles, uv_triangles = split_quads(quads)[0], split_quads(np.where(quads < 0, -1, uv_quads).astype(np.int32))[0]
    corner, vertex, texture = _split_seams(triangles, uv_triangles, len(mesh.uv))
    visual = TextureVisuals(uv=mesh.uv[texture].astype(np.float64), material=material)
    return trimesh.Trimesh(mesh.vertices[vertex], corner, vertex_normals=mesh.normals[vertex], visual=visual, process=False)


def _split_seams(
    triangles: Int[np.ndarray, "m 3"], uv_triangles: Int[np.ndarray, "m 3"], textures: int
) -> tuple[Int[np.ndarray, "m 3"], Int[np.ndarray, " n"], Int[np.ndarray, " n"]]:
    """One number for every pair of vertex and texture coordinate in use: triangles in these numbers, and what each is a pair of."""
    pairs, corner = np.unique(triangles.astype(np.int64) * textures + uv_triangles, return_inverse=True)
    return corner.reshape(-1, 3), pairs // textures, pairs % textures


def _material(part: Part, textures: SkinTextures) -> PBRMaterial:
    if part != Part.SKIN:
        return PBRMaterial(name=part.name.lower(), baseColorFactor=[*PLAIN_COLOURS[part], 1.0], metallicFactor=0.0, roughnessFactor=0.4)
    normals = None if textures.normals is None else Image.fromarray(textures.normals)
    albedo = Image.fromarray(textures.albedo)
    return PBRMaterial(name="skin", baseColorTexture=albedo, normalTexture=normals, metallicFactor=0.0, roughnessFactor=ROUGHNESS)


def _to_metres() -> np.ndarray:
    return np.diag([METRES, METRES, METRES, 1.0])
