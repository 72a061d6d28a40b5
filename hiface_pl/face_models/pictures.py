"""Simple shaded pictures of face models, for looking at them and for finding landmarks on them; training has its own renderer."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float32, Float64, Int64

from hiface_pl.face_models.face_model import FaceModel, Part
from hiface_pl.face_models.normals import vertex_normals
from hiface_pl.rendering.rasterizers.kernels import zbuffer

_DISTANCE = 900.0
"""From the camera to the face's middle, mm: far enough for a natural perspective."""
_LIGHT = np.array([0.25, 0.45, 0.85])
_LIGHT = _LIGHT / np.linalg.norm(_LIGHT)
_PART_COLOUR = {
    Part.SKIN: (0.82, 0.62, 0.52),
    Part.MOUTH: (0.30, 0.09, 0.09),
    Part.LEFT_EYE: (0.93, 0.91, 0.89),
    Part.RIGHT_EYE: (0.93, 0.91, 0.89),
    Part.TEETH: (0.92, 0.90, 0.84),
}
_BACKGROUND = 0.96


@dataclass(frozen=True)
class View:
    """Where a picture is taken from: turned by yaw and pitch (degrees) around `centre`, `span` mm wide at the face."""

    yaw: float = 0.0
    pitch: float = 0.0
    span: float = 270.0
    centre: tuple[float, float, float] = (0.0, 0.0, 0.0)

    @classmethod
    def of(cls, vertices: Float[np.ndarray, "v 3"], yaw: float = 0.0, pitch: float = 0.0, span: float = 270.0) -> "View":
        """A view with the vertices' box in the middle."""
        middle = (vertices.min(axis=0) + vertices.max(axis=0)) / 2
        return cls(yaw, pitch, span, (float(middle[0]), float(middle[1]), float(middle[2])))

    def project(self, points: Float[np.ndarray, "n 3"], size: int) -> Float32[np.ndarray, "n 3"]:
        """Pixel columns and rows (0 at the left and top border) and depths in mm."""
        turned = (points - np.array(self.centre)) @ self.rotation.T
        depth = _DISTANCE - turned[:, 2]
        scale = size / self.span * _DISTANCE / depth
        return np.stack([size / 2 + scale * turned[:, 0], size / 2 - scale * turned[:, 1], depth], axis=1).astype(np.float32)

    @property
    def rotation(self) -> Float64[np.ndarray, "3 3"]:
        """Model frame to view: yaw around y, then pitch around x."""
        yaw, pitch = np.deg2rad([self.yaw, self.pitch])
        around_y = np.array([[np.cos(yaw), 0, np.sin(yaw)], [0, 1, 0], [-np.sin(yaw), 0, np.cos(yaw)]])
        around_x = np.array([[1, 0, 0], [0, np.cos(pitch), -np.sin(pitch)], [0, np.sin(pitch), np.cos(pitch)]])
        return around_x @ around_y


@dataclass(frozen=True)
class Picture:
    """An RGB image in [0, 1] with, per pixel, the triangle (-1: none) and barycentric weights it shows."""

    image: Float32[np.ndarray, "h w 3"]
    triangle: Int64[np.ndarray, "h w"]
    weights: Float32[np.ndarray, "h w 3"]


def draw(
    model: FaceModel, vertices: Float[np.ndarray, "v 3"], view: View, size: int, colours: Float[np.ndarray, "v 3"] | None = None
) -> Picture:
    """Draws a mesh of the model with smooth normals under one light; without `colours` parts are told apart by colour."""
    pixels = view.project(vertices, size)
    ndc = np.stack([1 - pixels[:, 0] * 2 / size, 1 - pixels[:, 1] * 2 / size, pixels[:, 2]], axis=1)
    triangle, weights, _ = zbuffer(ndc.astype(np.float32), model.triangles, size, size)
    corners = model.triangles[np.maximum(triangle, 0)]
    normal = np.einsum("hwk,hwkc->hwc", weights, vertex_normals(vertices, model.triangles)[corners]) @ view.rotation.T
    normal /= np.maximum(np.linalg.norm(normal, axis=-1, keepdims=True), 1e-9)
    colour = np.einsum("hwk,hwkc->hwc", weights, (part_colours(model) if colours is None else colours)[corners])
    light = 0.28 + 0.72 * np.clip(normal @ _LIGHT, 0, None)
    image = np.where((triangle >= 0)[..., None], colour * light[..., None], _BACKGROUND)
    return Picture(np.clip(image, 0, 1).astype(np.float32), triangle, weights)


def part_colours(model: FaceModel) -> Float32[np.ndarray, "v 3"]:
    """A colour per vertex: skin, mouth, teeth, and eyeballs with iris and pupil where they look forward in the mean face."""
    vertices = model.mean
    colours = np.zeros((len(vertices), 3), dtype=np.float32)
    for part in sorted(Part, reverse=True):
        used = part_vertices(model, part)
        colours[used] = _PART_COLOUR[part]
        if part in {Part.LEFT_EYE, Part.RIGHT_EYE} and len(used):
            ball = vertices[used] - (vertices[used].min(axis=0) + vertices[used].max(axis=0)) / 2
            angle = np.rad2deg(np.arccos(np.clip(ball[:, 2] / np.linalg.norm(ball, axis=1), -1, 1)))
            colours[used[angle < 32]] = (0.30, 0.20, 0.12)
            colours[used[angle < 14]] = (0.04, 0.04, 0.04)
    return colours


def part_vertices(model: FaceModel, part: Part) -> Int64[np.ndarray, " n"]:
    """Sorted vertices that faces of one part use."""
    used = np.unique(model.quads[model.part == part])
    return used[used >= 0].astype(np.int64)
