"""Writes plain Wavefront OBJ: vertices and triangles, nothing else, so that every reader takes it."""

from pathlib import Path

import numpy as np
from jaxtyping import Float

from hiface_pl.meshes.triangle_mesh import TriangleMesh
from hiface_pl.paths import replacing


def write_obj(mesh: TriangleMesh, path: Path, colours: Float[np.ndarray, "v 3"] | None = None) -> Path:
    """Writes the mesh in its own unit and order, with nine digits a number; `colours` (RGB in [0, 1]) follow the vertices' places.

    Raises OutputError.
    """
    with replacing(path) as temporary:
        temporary.write_text(obj_text(mesh, colours))
    return path


def obj_text(mesh: TriangleMesh, colours: Float[np.ndarray, "v 3"] | None = None) -> str:
    """The file's text; a single formatting call a block, because a call a row takes ten times as long."""
    places = "v %.9g %.9g %.9g"
    if colours is None:
        vertices = _rows(f"{places}\n", mesh.vertices)
    else:
        vertices = _rows(f"{places} %.4f %.4f %.4f\n", np.concatenate([mesh.vertices, colours], axis=1))
    return vertices + _rows("f %d %d %d\n", mesh.triangles + 1)


def _rows(form: str, values: np.ndarray) -> str:
    return (form * len(values)) % tuple(values.ravel().tolist())
