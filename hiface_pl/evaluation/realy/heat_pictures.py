"""Pictures of coloured scan regions, seen from the front of the face."""

import numpy as np
from jaxtyping import Float64, UInt8

from hiface_pl.meshes.triangle_mesh import TriangleMesh
from hiface_pl.rendering.rasterizers.kernels import zbuffer

BACKGROUND = 245
FAR = 1000.0
"""From so many half widths away, perspective does not show."""
FINER = 2
AMBIENT = 0.45
MARGIN = 1.06


def face_axes(keypoints: Float64[np.ndarray, "85 3"]) -> Float64[np.ndarray, "3 3"]:
    """Unit vectors in the frame of the keypoints, as rows: to the image's right, up, and towards the viewer."""
    right = keypoints[42:48].mean(axis=0) - keypoints[36:42].mean(axis=0)
    up = keypoints[36:48].mean(axis=0) - keypoints[48:60].mean(axis=0)
    right = right / np.linalg.norm(right)
    up = up - right * (up @ right)
    up = up / np.linalg.norm(up)
    return np.stack([right, up, np.cross(right, up)])


def region_picture(
    surface: TriangleMesh, colours: Float64[np.ndarray, "v 3"], axes: Float64[np.ndarray, "3 3"], size: int
) -> UInt8[np.ndarray, "s s 3"]:
    """The surface with its vertices' colours (RGB in [0, 1]), filling the picture, lit from the viewer."""
    seen = surface.vertices @ axes.T
    middle = (seen.max(axis=0) + seen.min(axis=0)) / 2
    placed = (seen - middle) / (max(np.ptp(seen[:, :2], axis=0).max() / 2, 1e-12) * MARGIN)
    device = np.column_stack([-placed[:, 0], placed[:, 1], FAR - placed[:, 2]]).astype(np.float32)
    triangle, weights, _ = zbuffer(device, surface.triangles, size * FINER, size * FINER)
    drawn = triangle >= 0
    corners = surface.triangles[triangle[drawn]]
    picture = np.full((*triangle.shape, 3), float(BACKGROUND))
    flat = np.einsum("pk,pkc->pc", weights[drawn], colours[corners])
    picture[drawn] = 255 * flat * _light(seen, surface.triangles)[triangle[drawn]][:, None]
    return np.rint(picture.reshape(size, FINER, size, FINER, 3).mean(axis=(1, 3))).astype(np.uint8)


def _light(seen: Float64[np.ndarray, "v 3"], triangles: np.ndarray) -> Float64[np.ndarray, " m"]:
    a, b, c = (seen[triangles[:, corner]] for corner in range(3))
    normals = np.cross(b - a, c - a)
    facing = np.abs(normals[:, 2]) / np.maximum(np.linalg.norm(normals, axis=1), 1e-12)
    shaded: np.ndarray = AMBIENT + (1 - AMBIENT) * facing
    return shaded
