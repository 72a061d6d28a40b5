"""Detail as shading: a displacement map as a tangent-space normal map, as glTF wants it."""

import numpy as np
from jaxtyping import Float, Float32, UInt8

from hiface_pl.details.displacement import surface_normals
from hiface_pl.details.uv import uv_interpolation
from hiface_pl.face_models.face_assets import UvAtlas
from hiface_pl.face_models.face_model import FaceModel

LIMIT = 3.0
"""Slopes are clamped to this many mm of height a mm of skin: next to the chart's rim a texel may cover almost no skin. Our choice."""


class NormalMapper:
    """Makes tangent-space normal maps of one face model's coarse meshes; what depends on the model only is made once."""

    def __init__(self, atlas: UvAtlas, model: FaceModel) -> None:
        self._size, self._triangles = atlas.size, model.triangles
        self._interpolation = uv_interpolation(atlas, model)

    def __call__(self, vertices: Float32[np.ndarray, "v 3"], total: Float32[np.ndarray, "r r"]) -> UInt8[np.ndarray, "r r 3"]:
        """The normals of S + D(uv) n in the tangent frame of the coarse surface S, 8 bits: red along +u, green along +v (up in the image).

        Our choice: with P(u, v) the surface, g = J^T J and J = [P_u P_v], the normal is n - J g^-1 grad D, normalised; smooth n, no facets.
        """
        position = (self._interpolation @ vertices).reshape(self._size, self._size, 3)
        normal = (self._interpolation @ surface_normals(vertices, self._triangles)).reshape(position.shape)
        normal /= np.maximum(_length(normal), 1e-9)
        slope_t, slope_b = _slopes(position, normal, total)
        local = np.stack([-slope_t, -slope_b, np.ones_like(slope_t)], axis=2)
        local /= _length(local)
        return np.rint((local + 1) / 2 * 255).astype(np.uint8)


def _slopes(
    position: Float[np.ndarray, "r r 3"], normal: Float[np.ndarray, "r r 3"], height: Float[np.ndarray, "r r"]
) -> tuple[Float[np.ndarray, "r r"], Float[np.ndarray, "r r"]]:
    """The height's derivatives along the unit tangent (+u) and bitangent (+v side), mm a mm."""
    along_u, along_v = _across(position)
    height_u, height_v = _across(height)
    tangent = along_u - normal * _dot(along_u, normal)
    tangent /= np.maximum(_length(tangent), 1e-9)
    side = np.cross(normal, tangent)
    bitangent = np.where(_dot(side, along_v) < 0, -side, side)
    u_t, v_t, v_b = (_dot(*pair)[..., 0] for pair in ((along_u, tangent), (along_v, tangent), (along_v, bitangent)))
    slope_t = height_u / np.maximum(u_t, 1e-6)
    slope_b = (height_v - slope_t * v_t) / np.maximum(v_b, 1e-6)
    return np.clip(slope_t, -LIMIT, LIMIT), np.clip(slope_b, -LIMIT, LIMIT)


def _across(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Central differences along +u (columns) and +v (rows upwards), a texel."""
    rows, columns = np.gradient(values, axis=(0, 1))
    return columns, -rows


def _dot(a: Float[np.ndarray, "r r 3"], b: Float[np.ndarray, "r r 3"]) -> Float[np.ndarray, "r r 1"]:
    """Column by column: numpy's sum over an axis of three takes four times as long."""
    x, y, z = np.moveaxis(a * b, 2, 0)
    return (x + y + z)[..., None]


def _length(a: Float[np.ndarray, "r r 3"]) -> Float[np.ndarray, "r r 1"]:
    return np.sqrt(_dot(a, a))
