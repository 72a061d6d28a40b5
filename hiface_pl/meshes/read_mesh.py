"""A mesh from a file of any kind that the project reads."""

from importlib import import_module
from pathlib import Path

from hiface_pl.errors import MeshError
from hiface_pl.meshes.read_obj import read_obj
from hiface_pl.meshes.triangle_mesh import TriangleMesh

SUFFIXES = (".obj", ".ply", ".glb")


def read_mesh(path: Path) -> TriangleMesh:
    """The mesh of an OBJ, PLY or GLB file in the file's own unit, with its vertices in file order. Raises MeshError."""
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise MeshError(f"{path} is none of {', '.join(SUFFIXES)}: export the mesh as one of them")
    if suffix == ".obj":
        return read_obj(path)
    mesh: TriangleMesh = import_module("hiface_pl.meshes.read_scene").read_scene(path)  # brings trimesh, half a second
    return mesh
