"""Pictures of meshes as clay under studio light, for sheets and pages: no learning, no gradients, drawn twice as large and reduced."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Float32, UInt8

from hiface_pl.details.displacement import DetailedMesh, Displacer
from hiface_pl.face_models.face_assets import FaceAssets
from hiface_pl.face_models.face_model import Part
from hiface_pl.inference.sight import Picture, Sight, View
from hiface_pl.rendering.renderer import PLAIN_COLOURS

CLAY = (0.36, 0.35, 0.34)
"""Linear colour of skin without texture: dark enough that the key light leaves room for wrinkles. Our choice."""
IRIS, PUPIL, SOFT = 26.0, 11.0, 4.0
"""Half angles in degrees, seen from the eyeball's centre, and half the width of their edges. Our choice."""
IRIS_COLOUR, PUPIL_COLOUR = (0.10, 0.07, 0.05), (0.01, 0.01, 0.01)


class Painted(NamedTuple):
    """A mesh of the studio's displacer and linear colours at its vertices."""

    mesh: DetailedMesh
    colours: Float32[np.ndarray, "n 3"]


class Studio:
    """Draws the faces of one model; what all its meshes share is made once."""

    def __init__(self, assets: FaceAssets, levels: int = 1) -> None:
        """`levels` of subdivision give the detail its vertices, about 1.5 mm apart on the open model. Our choice."""
        self.displacer = Displacer.of(assets.model, levels)
        self.colours = part_colours(self.displacer.displace(assets.model.mean))
        self._triangles = self.displacer.topology.triangles.astype(np.int64)

    def as_clay(self, mesh: DetailedMesh) -> Painted:
        """A mesh with the parts' own colours."""
        return Painted(mesh, self.colours)

    def in_tension(self, mesh: DetailedMesh, compressed: Float32[np.ndarray, "r r"], stretched: Float32[np.ndarray, "r r"]) -> Painted:
        """A mesh with its pole weights in colour: compressed skin red, stretched skin blue."""
        weights = map(self.displacer.at_vertices, (compressed, stretched))
        return Painted(mesh, tension_colours(self.colours, *weights))

    def clay(self, vertices: Float32[np.ndarray, "v 3"], total: Float32[np.ndarray, "r r"] | None, view: View, size: int) -> Picture:
        """The face with a displacement map (mm), or the coarse face without one."""
        return self.drawn([self.as_clay(self.displacer.displace(vertices, total))], view, size)[0]

    def drawn(self, painted: Sequence[Painted], view: View, size: int) -> list[Picture]:
        """Pictures of meshes of the displacer in one view; what it sees is found once for all those that hardly differ (`Sight.fits`)."""
        sights: list[Sight] = []
        pictures = []
        for mesh, colours in painted:
            sight = next((known for known in sights if known.fits(mesh)), None)
            if sight is None:
                sight = Sight.of(mesh, self._triangles, view, size)
                sights.append(sight)
            pictures.append(sight.picture(mesh, colours))
        return pictures

    def painted(
        self, vertices: Float32[np.ndarray, "v 3"], colours: Float32[np.ndarray, "n 3"], view: View, size: int
    ) -> UInt8[np.ndarray, "s s 3"]:
        """The coarse face in linear colours of the fine vertices."""
        return self.drawn([Painted(self.displacer.displace(vertices), colours)], view, size)[0].pixels


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
