"""Draws the face itself: z-buffer, shading with detail in the normals, reduction to the final resolution."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32, UInt8
from scipy import ndimage

from hiface_pl.face_models.face_assets import FaceAssets
from hiface_pl.face_models.face_model import Part
from hiface_pl.rendering.camera import FOCAL
from hiface_pl.rendering.rasterizers.kernels import zbuffer
from hiface_pl.synthesis.drawing.mesh_kernels import normal_changes, texel_positions, vertex_normals
from hiface_pl.synthesis.drawing.shade_kernels import reduce_samples, shade
from hiface_pl.synthesis.lights import Light


@dataclass(frozen=True)
class Look:
    """Colours of a person. `layers` are the bank's maps of one subject, `complexion` its vector (see `authoring.complexion`).

    `iris` and `cloth` are linear RGB, `gloss` the strength of highlights on skin and eyes, `collar` how far below the chin clothing begins
    (mm) and how much higher it lies per mm away from the midline.
    """

    layers: UInt8[np.ndarray, "r r l"]
    complexion: Float32[np.ndarray, " p"]
    iris: Float32[np.ndarray, " 3"]
    cloth: Float32[np.ndarray, " 3"]
    gloss: tuple[float, float]
    collar: tuple[float, float]

    @property
    def style(self) -> Float32[np.ndarray, "4 3"]:
        """What the shading kernel needs besides the layers."""
        return np.array([self.iris, self.cloth, (*self.gloss, 0), (*self.collar, 0)], np.float32)


@dataclass(frozen=True)
class Layer:
    """A drawn face: linear RGB premultiplied with `alpha`, Pixel values, and depth in mm (0 outside)."""

    colour: Float32[np.ndarray, "h w 3"]
    alpha: Float32[np.ndarray, "h w"]
    parts: UInt8[np.ndarray, "h w"]
    depth: Float32[np.ndarray, "h w"]


class FacePainter:
    """Draws faces of one face model, `oversampling` samples along each side of a pixel."""

    def __init__(self, assets: FaceAssets, oversampling: int = 2) -> None:
        model = assets.model
        self._oversampling = oversampling
        self._triangles = np.ascontiguousarray(model.triangles, np.int32)
        self._uv_triangles = np.ascontiguousarray(model.uv_triangles, np.int32)
        self._uv = np.ascontiguousarray(model.uv, np.float32)
        self._codes = (model.triangle_part + 1).astype(np.uint8)
        self._eye_axis = _eye_axes(assets)
        chin = model.keypoints68.on(model.mean)[8]
        self._neck = np.stack([model.mean[:, 1] - chin[1], np.abs(model.mean[:, 0])], axis=1).astype(np.float32)
        covered = assets.atlas.covered
        self._inner = np.flatnonzero(ndimage.binary_erosion(covered, iterations=1) & (assets.detail.mask > 0.02)).astype(np.int32)
        around = np.flatnonzero(ndimage.binary_dilation(_mask_of(self._inner, assets.atlas.size)) & covered).astype(np.int32)
        self._texels = around
        self._corners = np.ascontiguousarray(model.triangles[assets.atlas.triangle.reshape(-1)[around]], np.int32)
        self._weights = np.ascontiguousarray(assets.atlas.weights.reshape(-1, 3)[around], np.float32)

    def draw(
        self, points: Float32[np.ndarray, "v 3"], displacement: Float32[np.ndarray, "r r"], look: Look, light: Light, size: int
    ) -> Layer:
        """The face whose vertices are `points` in the camera frame (mm), in an image of `size` x `size` pixels."""
        normals = np.empty_like(points)
        vertex_normals(points, self._triangles, normals)
        side = size * self._oversampling
        triangle, weights, depth = zbuffer(device_coordinates(points), self._triangles, side, side, cull_backfaces=True)
        colour, code = np.empty((side, side, 3), np.float32), np.empty((side, side), np.uint8)
        mesh = (self._triangles, self._uv_triangles, self._codes, self._uv, normals, self._eye_axis, self._neck)
        lights = (light.harmonics, light.directions, light.colours)
        shade(triangle, weights, *mesh, look.layers, look.complexion, self._slopes(points, displacement), *lights, look.style, colour, code)
        return _reduced(colour, code, depth, self._oversampling, size)

    def _slopes(self, points: Float32[np.ndarray, "v 3"], displacement: Float32[np.ndarray, "r r"]) -> Float32[np.ndarray, "r r 3"]:
        positions = np.zeros((*displacement.shape, 3), np.float32)
        texel_positions(self._texels, self._corners, self._weights, points, positions)
        slopes = np.zeros_like(positions)
        normal_changes(self._inner, positions, displacement, slopes)
        return slopes


def device_coordinates(points: Float32[np.ndarray, "v 3"]) -> Float32[np.ndarray, "v 3"]:
    """Camera-frame points as the z-buffer wants them; as `rendering.camera.to_ndc`."""
    scale = np.float32(2 * FOCAL) / -points[:, 2]
    return np.stack([-scale * points[:, 0], scale * points[:, 1], -points[:, 2]], axis=1)


def _reduced(colour: np.ndarray, code: np.ndarray, depth: np.ndarray, factor: int, size: int) -> Layer:
    layer = Layer(
        np.empty((size, size, 3), np.float32),
        np.empty((size, size), np.float32),
        np.empty((size, size), np.uint8),
        np.empty((size, size), np.float32),
    )
    reduce_samples(colour, code, depth, factor, layer.colour, layer.alpha, layer.parts, layer.depth)
    return layer


def _mask_of(texels: np.ndarray, size: int) -> np.ndarray:
    mask = np.zeros(size * size, bool)
    mask[texels] = True
    return mask.reshape(size, size)


def _eye_axes(assets: FaceAssets) -> Float32[np.ndarray, "v 3"]:
    """From the eyeball's middle to each of its vertices on the mean face: the colour turns with the vertices, and so with the gaze."""
    model = assets.model
    axes = np.zeros_like(model.mean, dtype=np.float32)
    for part in (Part.LEFT_EYE, Part.RIGHT_EYE):
        used = np.unique(model.triangles[model.triangle_part == part])
        if len(used):
            axes[used] = model.mean[used] - 0.5 * (model.mean[used].min(axis=0) + model.mean[used].max(axis=0))
    return axes
