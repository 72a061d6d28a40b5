"""Binary glTF: one mesh a part, the skin with albedo and normal map. Vertices stay in millimetres under a node that scales to metres."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float32, Int

from hiface_pl.details.displacement import DetailedMesh, Topology
from hiface_pl.face_models.face_model import Part, split_quads
from hiface_pl.inference.exports.gltf import Gltf
from hiface_pl.inference.exports.materials import SkinTextures
from hiface_pl.paths import replacing
from hiface_pl.rendering.renderer import PLAIN_COLOURS

METRES = 0.001
"""glTF lengths are metres."""
ROUGHNESS = 0.65
"""Our choice: dull enough for skin."""


class GlbWriter:
    """Writes meshes of one topology; what they share is made once."""

    def __init__(self, topology: Topology) -> None:
        self._topology = topology

    @cached_property
    def surfaces(self) -> list["Surface"]:
        """One for each part that has faces."""
        return [Surface.of(self._topology, part) for part in Part if (self._topology.part == part).any()]

    def write(self, mesh: DetailedMesh, textures: SkinTextures, path: Path) -> Path:
        """Writes one self-contained file. Raises OutputError."""
        file, nodes = Gltf(), []
        for surface in self.surfaces:
            name = surface.part.name.lower()
            primitive = surface.primitive(file, mesh, material(file, surface.part, textures))
            number = file.add("meshes", {"name": name, "primitives": [primitive]})
            nodes.append(file.add("nodes", {"name": name, "mesh": number, "scale": [METRES] * 3}))
        file.add("scenes", {"nodes": nodes})
        with replacing(path) as temporary:
            temporary.write_bytes(file.to_bytes())
        return path


@dataclass(frozen=True)
class Surface:
    """The faces of one part as glTF wants them: a vertex on a UV seam becomes one a texture coordinate.

    `vertex` says which vertex of the mesh each of the file's is, `uv` has v down.
    """

    part: Part
    corners: Int[np.ndarray, "m 3"]
    vertex: Int[np.ndarray, " n"]
    uv: Float32[np.ndarray, "n 2"]

    @classmethod
    def of(cls, topology: Topology, part: Part) -> "Surface":
        """The part's faces of a topology."""
        chosen = topology.part == part
        quads, uv_quads = topology.quads[chosen], topology.uv_quads[chosen]
        triangles, uv_triangles = split_quads(quads)[0], split_quads(np.where(quads < 0, -1, uv_quads).astype(np.int32))[0]
        corners, vertex, texture = _split_seams(triangles, uv_triangles, len(topology.uv))
        return cls(part, corners, vertex, np.stack([topology.uv[texture, 0], 1 - topology.uv[texture, 1]], axis=1))

    def primitive(self, file: Gltf, mesh: DetailedMesh, skin: int) -> dict[str, Any]:
        """A mesh's faces of this part in a file, with a material."""
        attributes = {
            "POSITION": file.vectors(mesh.vertices[self.vertex]),
            "NORMAL": file.vectors(mesh.normals[self.vertex]),
            "TEXCOORD_0": file.vectors(self.uv),
        }
        return {"attributes": attributes, "indices": file.triangles(self.corners), "material": skin}


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
