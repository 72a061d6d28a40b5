"""A triangle mesh as files give it: what is read, evaluated and written."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64, Int32


@dataclass(frozen=True)
class TriangleMesh:
    """Vertices in the file's own unit and order, and triangles that index them from 0."""

    vertices: Float64[np.ndarray, "v 3"]
    triangles: Int32[np.ndarray, "m 3"]
