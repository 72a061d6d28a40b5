"""Points before the camera of a picture that shows a square of the image: one compiled loop instead of a dozen arrays.

No library of linear algebra either: its threads would wait for their next call on the cores where other pictures are drawn.
"""

from typing import no_type_check

import numba
import numpy as np
from jaxtyping import Float32

from hiface_pl.rendering.camera import FOCAL, NEAR


def square_coordinates(
    points: Float32[np.ndarray, "n 3"],
    rotation: Float32[np.ndarray, "3 3"],
    translation: Float32[np.ndarray, " 3"],
    centre: tuple[float, float],
    side: float,
) -> Float32[np.ndarray, "n 3"]:
    """`camera.to_ndc` of points of the model frame, zoomed to a square with this centre and side in image widths."""
    places = np.empty_like(points)
    shift = np.array([1 - 2 * centre[0], 1 - 2 * centre[1]], dtype=np.float32)
    _place(points, rotation, translation, np.float32(2 * FOCAL), np.float32(NEAR), shift, np.float32(side), places)
    return places


@numba.njit(nogil=True, cache=True, error_model="numpy")
@no_type_check
def _place(points, rotation, translation, double_focal, near, shift, side, places):
    for v in range(points.shape[0]):
        x, y, z = points[v, 0], points[v, 1], points[v, 2]
        right = rotation[0, 0] * x + rotation[0, 1] * y + rotation[0, 2] * z + translation[0]
        up = rotation[1, 0] * x + rotation[1, 1] * y + rotation[1, 2] * z + translation[1]
        depth = -(rotation[2, 0] * x + rotation[2, 1] * y + rotation[2, 2] * z + translation[2])
        scale = double_focal / max(depth, near)
        places[v, 0] = (-scale * right - shift[0]) / side
        places[v, 1] = (scale * up - shift[1]) / side
        places[v, 2] = depth
