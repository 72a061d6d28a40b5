"""PLY and GLB through trimesh, nothing merged, nothing reordered."""

import struct
from pathlib import Path

import numpy as np
import trimesh

from hiface_pl.errors import MeshError
from hiface_pl.meshes.triangle_mesh import TriangleMesh

_UNREADABLE = (ValueError, KeyError, IndexError, TypeError, AttributeError, AssertionError, NotImplementedError, struct.error, UnicodeError)
"""What trimesh raises on damaged files."""


def read_scene(path: Path) -> TriangleMesh:
    """The one mesh of a PLY or GLB file, placed as its scene places it. Quads become two triangles, behind the file's own triangles.

    Raises MeshError, also for a file of several meshes: they have no common order of vertices.
    """
    try:
        with path.open("rb") as file:
            scene = trimesh.load_scene(file, path.suffix[1:].lower(), process=False, fix_texture=False, skip_materials=True)
        meshes = [scene.graph[node] for node in scene.graph.nodes_geometry]
    except OSError as error:
        raise MeshError(f"cannot read {path} ({error.strerror}): check the path") from error
    except _UNREADABLE as error:
        raise MeshError(f"{path} is no readable {path.suffix[1:].upper()} file ({error}): export it again") from error
    if len(meshes) != 1:
        raise MeshError(f"{path} holds {len(meshes)} meshes, and so no one order of vertices: export one mesh with one material, or OBJ")
    transform, name = meshes[0]
    geometry = scene.geometry[name]
    triangles = np.asarray(getattr(geometry, "faces", np.empty((0, 3))), dtype=np.int32)
    vertices = np.asarray(geometry.vertices, dtype=np.float64) @ transform[:3, :3].T + transform[:3, 3]
    return TriangleMesh(vertices, triangles.reshape(-1, 3))
