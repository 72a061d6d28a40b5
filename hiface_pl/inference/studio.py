"""Pictures of meshes as clay under studio light, for sheets and pages: no learning, no gradients, drawn twice as large and reduced."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import cv2
import numpy as np
import torch
from jaxtyping import Float, Float32, Int, UInt8

from hiface_pl.details.displacement import DetailedMesh, Displacer
from hiface_pl.face_models.face_assets import FaceAssets
from hiface_pl.face_models.face_model import Part
from hiface_pl.rendering.camera import to_camera, to_ndc
from hiface_pl.rendering.interpolation import interpolate
from hiface_pl.rendering.rasterizers.base import Fragments
from hiface_pl.rendering.rasterizers.cpu import CpuRasterizer
from hiface_pl.rendering.renderer import PLAIN_COLOURS
from hiface_pl.rendering.shading_curve import encode
from hiface_pl.rendering.studio import raking_light, studio_light
from hiface_pl.types import Pose

Light = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]
"""Linear RGB (n, 3) of surfaces from unit normals (n, 3) in the camera frame and albedo (n, 3): one of rendering/studio.py."""

CLAY = (0.36, 0.35, 0.34)
"""Linear colour of skin without texture: dark enough that the key light leaves room for wrinkles. Our choice."""
BACKGROUND = 245
FINER = 2
IRIS, PUPIL, SOFT = 26.0, 11.0, 4.0
"""Half angles in degrees, seen from the eyeball's centre, and half the width of their edges. Our choice."""
IRIS_COLOUR, PUPIL_COLOUR = (0.10, 0.07, 0.05), (0.01, 0.01, 0.01)


@dataclass(frozen=True)
class View:
    """What the camera looks at: a head pose, the square of the image that is shown, in image widths (centre and side), and the light."""

    pose: Pose
    x: float = 0.5
    y: float = 0.5
    side: float = 1.0
    light: Light = studio_light

    def close_up(self, x: float, y: float, side: float) -> "View":
        """The same view of a part of the image, in raking light, which shows relief."""
        return replace(self, x=x, y=y, side=side, light=raking_light)


@dataclass(frozen=True)
class Picture:
    """An RGB picture and where the mesh covers it, 0 to 1."""

    pixels: UInt8[np.ndarray, "s s 3"]
    coverage: Float32[np.ndarray, "s s"]

    def over(self, photo: UInt8[np.ndarray, "s s 3"], strength: float) -> UInt8[np.ndarray, "s s 3"]:
        """The mesh blended into a photo of the same size."""
        share = strength * self.coverage[..., None]
        return np.rint(photo * (1 - share) + self.pixels * share).astype(np.uint8)


class Studio:
    """Draws the faces of one model; what all its meshes share is made once."""

    def __init__(self, assets: FaceAssets, levels: int = 1) -> None:
        """`levels` of subdivision give the detail its vertices, about 1.5 mm apart on the open model. Our choice."""
        self.displacer = Displacer.of(assets.model, levels)
        self.colours = part_colours(self.displacer.displace(assets.model.mean))
        self._triangles = torch.from_numpy(np.ascontiguousarray(self.displacer.topology.triangles)).long()

    def clay(self, vertices: Float32[np.ndarray, "v 3"], total: Float32[np.ndarray, "r r"] | None, view: View, size: int) -> Picture:
        """The face with a displacement map (mm), or the coarse face without one."""
        return self.drawn(self.displacer.displace(vertices, total), view, size)

    def drawn(self, mesh: DetailedMesh, view: View, size: int, colours: Float32[np.ndarray, "n 3"] | None = None) -> Picture:
        """A mesh of the displacer as clay, or in linear colours of its vertices."""
        return draw(mesh, self._triangles, self.colours if colours is None else colours, view, size)

    def tension(
        self, mesh: DetailedMesh, weights: tuple[Float32[np.ndarray, "r r"], Float32[np.ndarray, "r r"]], view: View, size: int
    ) -> Picture:
        """A mesh with its pole weights in colour: compressed skin red, stretched skin blue."""
        compressed, stretched = (self.displacer.at_vertices(weight) for weight in weights)
        return self.drawn(mesh, view, size, tension_colours(self.colours, compressed, stretched))

    def painted(
        self, vertices: Float32[np.ndarray, "v 3"], colours: Float32[np.ndarray, "n 3"], view: View, size: int
    ) -> UInt8[np.ndarray, "s s 3"]:
        """The coarse face in linear colours of the fine vertices."""
        return self.drawn(self.displacer.displace(vertices), view, size, colours).pixels


@torch.no_grad()
def draw(mesh: DetailedMesh, triangles: Int[torch.Tensor, "m 3"], colours: Float32[np.ndarray, "n 3"], view: View, size: int) -> Picture:
    """The mesh at `size` pixels with linear RGB at its vertices; `triangles` are the mesh's.

    Light is computed at the vertices. Our choice: they are no farther apart than a few pixels, and pixels are ten times as many.
    """
    fragments = _visible(to_ndc(to_camera(torch.from_numpy(mesh.vertices)[None], view.pose)), triangles, view, FINER * size)
    normals = to_camera(torch.from_numpy(mesh.normals)[None], replace(view.pose, translation=torch.zeros(1, 3)))[0]
    shown = 255 * encode(view.light(normals, torch.from_numpy(colours)))
    drawn = interpolate(fragments, torch.cat([shown, torch.ones(len(shown), 1)], dim=1)[None], triangles)[0].numpy()
    pixels = np.asarray(cv2.resize(drawn, (size, size), interpolation=cv2.INTER_AREA), dtype=np.float32)
    coverage = pixels[..., 3]
    return Picture(np.rint(pixels[..., :3] + BACKGROUND * (1 - coverage[..., None])).astype(np.uint8), coverage)


def part_colours(mean: DetailedMesh) -> Float32[np.ndarray, "n 3"]:
    """Clay skin; mouth, teeth and eyeballs in their own colours, with an iris around what looks forward on the mean face."""
    colours = np.tile(np.array(CLAY, dtype=np.float32), (len(mean.vertices), 1))
    for part in (Part.MOUTH, Part.TEETH, Part.LEFT_EYE, Part.RIGHT_EYE):
        corners = np.unique(mean.topology.quads[mean.topology.part == part])
        own = corners[corners >= 0]
        colours[own] = PLAIN_COLOURS[part]
        if part in {Part.LEFT_EYE, Part.RIGHT_EYE} and len(own):
            _paint_iris(colours, mean.vertices, own)
    return colours


def _paint_iris(colours: Float32[np.ndarray, "n 3"], vertices: Float32[np.ndarray, "n 3"], eye: np.ndarray) -> None:
    outwards = vertices[eye] - (vertices[eye].max(axis=0) + vertices[eye].min(axis=0)) / 2
    forward = outwards[:, 2] / np.linalg.norm(outwards, axis=1).clip(1e-6)
    for widest, colour in ((IRIS, IRIS_COLOUR), (PUPIL, PUPIL_COLOUR)):
        outer, inner = np.cos(np.radians((widest + SOFT, widest - SOFT)))
        share = np.clip((forward - outer) / (inner - outer), 0, 1)[:, None]
        colours[eye] += share * (np.array(colour) - colours[eye])


def tension_colours(
    base: Float32[np.ndarray, "n 3"], compressed: Float[np.ndarray, " n"], stretched: Float[np.ndarray, " n"]
) -> Float32[np.ndarray, "n 3"]:
    """Red where skin is compressed, blue where it is stretched, `base` elsewhere; weights in [0, 1] at the vertices."""
    red, blue = np.array([0.65, 0.03, 0.02]), np.array([0.03, 0.12, 0.70])
    mixed = base + compressed[:, None] * (red - base) + stretched[:, None] * (blue - base)
    return np.clip(mixed, 0, 1).astype(np.float32)


def _visible(ndc: torch.Tensor, triangles: torch.Tensor, view: View, size: int) -> Fragments:
    """Device coordinates zoomed to the view's square, rasterised."""
    centre = torch.tensor([1 - 2 * view.x, 1 - 2 * view.y])
    zoomed = torch.cat([(ndc[..., :2] - centre) / view.side, ndc[..., 2:]], dim=-1)
    fragments: Fragments = CpuRasterizer()(zoomed, triangles, (size, size))
    return fragments
