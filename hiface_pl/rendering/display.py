"""Pictures for people to look at: a sculpture in studio light, smooth at the edges, for sheets and overlays. Not differentiable."""

import math
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Float32, Int, UInt8
from torch import Tensor, nn

from hiface_pl.face_models.face_assets import FaceAssets
from hiface_pl.face_models.face_model import Part
from hiface_pl.rendering.albedo import sample_map
from hiface_pl.rendering.camera import FOCAL, to_camera, to_ndc
from hiface_pl.rendering.detail_normals import DualTangents, Slopes, perturb
from hiface_pl.rendering.interpolation import interpolate
from hiface_pl.rendering.normals import vertex_normals
from hiface_pl.rendering.rasterizers.base import Fragments
from hiface_pl.rendering.rasterizers.cpu import CpuRasterizer
from hiface_pl.rendering.shading_curve import encode
from hiface_pl.rendering.studio import CLAY, studio_light
from hiface_pl.types import Pose

SAMPLES = 3
"""Samples along each side of a pixel."""
PART_SHADES = {Part.SKIN: 1.0, Part.MOUTH: 0.1, Part.LEFT_EYE: 1.3, Part.RIGHT_EYE: 1.3, Part.TEETH: 1.25}
"""How light the parts are, relative to clay."""


@dataclass(frozen=True)
class View:
    """A camera before the middle of a mesh, which is `span` mm wide there (None: the mesh just fits).

    Angles in degrees: positive `yaw` turns the nose to the picture's right, positive `pitch` turns it down.
    """

    yaw: float | int = 0.0
    pitch: float | int = 0.0
    span: float | int | None = None

    def place(self, vertices: Float[Tensor, "v 3"]) -> Float[Tensor, "v 3"]:
        """The vertices in the camera frame."""
        low, high = vertices.amin(dim=0), vertices.amax(dim=0)
        span = 1.06 * float((high - low)[:2].max()) if self.span is None else self.span
        turned = (vertices - (low + high) / 2) @ _turn(math.radians(self.yaw), math.radians(self.pitch)).T
        return turned - torch.tensor([0.0, 0.0, FOCAL * span])


FRONT = View()


def shaded(
    vertices: Float32[np.ndarray, "v 3"],
    triangles: Int[np.ndarray, "m 3"],
    size: int,
    view: View | Pose = FRONT,
    normals: Float32[np.ndarray, "v 3"] | None = None,
    colours: Float32[np.ndarray, "v 3"] | None = None,
    samples: int = SAMPLES,
) -> UInt8[np.ndarray, "s s 4"]:
    """RGBA picture of any mesh (mm, model frame). A Pose (batch of one) draws it where the virtual camera of a photo's crop sees it.

    `normals` (model frame) default to those of the triangles, `colours` (linear RGB) to clay.
    """
    canvas = _Canvas(torch.from_numpy(vertices), torch.from_numpy(triangles).long(), view, size * samples)
    smooth = None if normals is None else canvas.turn(torch.from_numpy(vertices), torch.from_numpy(normals))
    picture = studio_light(canvas.normals(smooth), canvas.colours(colours))
    return canvas.rgba(picture, samples)


class FaceDisplay:
    """Draws faces of one face model, with their displacement maps as shading and their parts in fitting shades."""

    def __init__(self, assets: FaceAssets) -> None:
        self.triangles = torch.from_numpy(assets.model.triangles).long()
        self.uv_triangles = torch.from_numpy(assets.model.uv_triangles).long()
        self.uv = torch.from_numpy(assets.model.uv)[None]
        self.shade = torch.tensor([PART_SHADES[Part(part)] for part in assets.model.triangle_part])
        self.tangents, self.slopes = DualTangents(), Slopes()
        self.tangents.bind(assets)
        self.slopes.bind(assets)

    @torch.no_grad()
    def draw(
        self,
        vertices: Float32[np.ndarray, "v 3"],
        size: int,
        view: View | Pose = FRONT,
        displacement: Float[np.ndarray, "r r"] | None = None,
        colours: Float32[np.ndarray, "v 3"] | None = None,
        samples: int = SAMPLES,
    ) -> UInt8[np.ndarray, "s s 4"]:
        """RGBA picture of a face (mm, model frame); see `shaded`. `displacement` is D in UV, mm."""
        canvas = _Canvas(torch.from_numpy(vertices), self.triangles, view, size * samples)
        normals = canvas.normals(None)
        if displacement is not None:
            normals = self._detailed(canvas, normals, torch.from_numpy(np.asarray(displacement, dtype=np.float32)))
        shade = self.shade[canvas.fragments.triangle[canvas.seen]][:, None]
        return canvas.rgba(studio_light(normals, canvas.colours(colours) * shade), samples)

    def _detailed(self, canvas: "_Canvas", normals: Float[Tensor, "n 3"], displacement: Float[Tensor, "r r"]) -> Float[Tensor, "n 3"]:
        uv = interpolate(canvas.fragments, self.uv, self.uv_triangles)
        slopes = sample_map(self.slopes(displacement[None, None]), uv).permute(0, 2, 3, 1)[canvas.seen]
        tangents = interpolate(canvas.fragments, self.tangents(canvas.camera[None]), self.uv_triangles)[canvas.seen]
        return perturb(normals, tangents, slopes)


class _Canvas:
    """A mesh before the camera and what each sample of the picture sees; per-sample values are (n, c) over the samples with a face."""

    def __init__(self, vertices: Float[Tensor, "v 3"], triangles: Int[Tensor, "m 3"], view: View | Pose, size: int) -> None:
        self.view = view
        self.camera = self._place(vertices)
        self.triangles = triangles
        self.fragments: Fragments = CpuRasterizer()(to_ndc(self.camera[None]), triangles, (size, size))
        self.seen = self.fragments.triangle >= 0

    def _place(self, vertices: Float[Tensor, "v 3"]) -> Float[Tensor, "v 3"]:
        return self.view.place(vertices) if isinstance(self.view, View) else to_camera(vertices[None], self.view)[0]

    def turn(self, vertices: Float[Tensor, "v 3"], directions: Float[Tensor, "v 3"]) -> Float[Tensor, "v 3"]:
        """Directions at the vertices from the model frame to the camera frame."""
        if isinstance(self.view, View):
            return directions @ _turn(math.radians(self.view.yaw), math.radians(self.view.pitch)).T
        return self._place(vertices + directions) - self.camera

    def normals(self, smooth: Float[Tensor, "v 3"] | None) -> Float[Tensor, "n 3"]:
        """Unit normals in the camera frame, from those at the vertices or (None) from the triangles."""
        at_vertices = vertex_normals(self.camera[None], self.triangles) if smooth is None else smooth[None]
        return nn.functional.normalize(interpolate(self.fragments, at_vertices, self.triangles)[self.seen], dim=-1)

    def colours(self, colours: Float32[np.ndarray, "v 3"] | None) -> Float[Tensor, "n 3"]:
        """Linear RGB of the samples."""
        if colours is None:
            return torch.tensor(CLAY).expand(int(self.seen.sum()), 3)
        return interpolate(self.fragments, torch.from_numpy(colours)[None], self.triangles)[self.seen]

    def rgba(self, linear: Float[Tensor, "n 3"], samples: int) -> UInt8[np.ndarray, "s s 4"]:
        """The picture: samples averaged in linear light, encoded for display, with coverage as alpha."""
        full = torch.zeros(*self.seen.shape, 4)
        full[self.seen] = torch.cat([linear, torch.ones(len(linear), 1)], dim=1)
        mean = nn.functional.avg_pool2d(full.permute(0, 3, 1, 2), samples)[0].permute(1, 2, 0)
        colour = encode(mean[..., :3] / mean[..., 3:].clamp(min=1e-6))
        picture: np.ndarray = (torch.cat([colour, mean[..., 3:]], dim=-1) * 255).round().to(torch.uint8).numpy()
        return picture


def over(picture: UInt8[np.ndarray, "h w 4"], background: UInt8[np.ndarray, "h w 3"] | float = 1.0) -> UInt8[np.ndarray, "h w 3"]:
    """An RGBA picture over an RGB image of the same size, or over a plain grey in [0, 1]."""
    below = np.float32(255 * background) if isinstance(background, float) else background.astype(np.float32)
    alpha = picture[..., 3:].astype(np.float32) / 255
    return np.rint(picture[..., :3] * alpha + below * (1 - alpha)).astype(np.uint8)


def _turn(yaw: float, pitch: float) -> Float[Tensor, "3 3"]:
    """Yaw around y, then pitch around x; radians."""
    around_y = torch.tensor([[math.cos(yaw), 0, math.sin(yaw)], [0, 1, 0], [-math.sin(yaw), 0, math.cos(yaw)]])
    around_x = torch.tensor([[1, 0, 0], [0, math.cos(pitch), -math.sin(pitch)], [0, math.sin(pitch), math.cos(pitch)]])
    return around_x @ around_y
