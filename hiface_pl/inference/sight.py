"""What a camera sees of a mesh, and pictures of it: found once, and used for all meshes that look the same but for their relief."""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from jaxtyping import Float32, Int64, Integer, UInt8

from hiface_pl.details.displacement import DetailedMesh
from hiface_pl.rendering.camera import rotation_matrix
from hiface_pl.rendering.rasterizers.kernels import zbuffer
from hiface_pl.rendering.reduced_picture import reduced_picture, seen_vertices
from hiface_pl.rendering.studio import RAKING_LIGHT, STUDIO_LIGHT, Light
from hiface_pl.rendering.studio_camera import square_coordinates
from hiface_pl.types import Pose

BACKGROUND = 245.0
FINER = 2
NEARLY = 0.5
"""Pixels of the picture by which a mesh may lie beside another one and still be drawn where that is. Our choice: nobody sees it."""


@dataclass(frozen=True)
class View:
    """What the camera looks at: a head pose, the square of the image that is shown, in image widths (centre and side), and the light."""

    pose: Pose
    x: float = 0.5
    y: float = 0.5
    side: float = 1.0
    light: Light = STUDIO_LIGHT

    def close_up(self, x: float, y: float, side: float) -> "View":
        """The same view of a part of the image, in raking light, which shows relief."""
        return replace(self, x=x, y=y, side=side, light=RAKING_LIGHT)

    @cached_property
    def rotation(self) -> Float32[np.ndarray, "3 3"]:
        """The pose's rotation matrix."""
        return np.asarray(rotation_matrix(self.pose.rotation)[0].numpy())

    def places(self, points: Float32[np.ndarray, "n 3"]) -> Float32[np.ndarray, "n 3"]:
        """Points of the model frame in device coordinates of the square, as rasterisers take them."""
        return square_coordinates(points, self.rotation, self.pose.translation[0].numpy(), (self.x, self.y), self.side)


@dataclass(frozen=True)
class Picture:
    """An RGB picture and where the mesh covers it, 0 to 1."""

    pixels: UInt8[np.ndarray, "s s 3"]
    coverage: Float32[np.ndarray, "s s"]

    def over(self, photo: UInt8[np.ndarray, "s s 3"], strength: float) -> UInt8[np.ndarray, "s s 3"]:
        """The mesh blended into a photo of the same size."""
        share = strength * self.coverage[..., None]
        return np.rint(photo * (1 - share) + self.pixels * share).astype(np.uint8)


@dataclass(frozen=True)
class Sight:
    """The triangle of each pixel and the weights of its corners, FINER times as many as the picture's `size`, and the vertices in use.

    Finding them takes several times as long as a picture of them.
    """

    view: View
    size: int
    triangles: Integer[np.ndarray, "m 3"]
    triangle: Int64[np.ndarray, "f f"]
    weights: Float32[np.ndarray, "f f 3"]
    vertices: Int64[np.ndarray, " k"]
    places: Float32[np.ndarray, "k 2"]

    @classmethod
    def of(cls, mesh: DetailedMesh, triangles: Integer[np.ndarray, "m 3"], view: View, size: int) -> "Sight":
        """What a view sees of a mesh with these triangles."""
        places = view.places(mesh.vertices)
        triangle, weights, _ = zbuffer(places, triangles, FINER * size, FINER * size)
        vertices = seen_vertices(triangle, triangles, len(places))
        return cls(view, size, triangles, triangle, weights, vertices, places[vertices, :2])

    def fits(self, mesh: DetailedMesh) -> bool:
        """Whether all vertices in use lie nearly where this mesh has them too, so that its picture may be drawn from this sight.

        That holds for wrinkles of some tenths of a millimetre: what they change at once are normals, and those are the mesh's own.
        """
        moved = self.view.places(mesh.vertices[self.vertices])[:, :2] - self.places
        return bool(np.abs(moved).max(initial=0) * self.size / 2 < NEARLY)

    def picture(self, mesh: DetailedMesh, colours: Float32[np.ndarray, "n 3"]) -> Picture:
        """A mesh with linear RGB at its vertices.

        Light is computed at the vertices. Our choice: they are no farther apart than a few pixels, and pixels are ten times as many.
        """
        shown = self.view.light.on(mesh.normals, self.view.rotation, colours, self.vertices)
        return Picture(*reduced_picture(self.triangle, self.weights, self.triangles, shown, self.size, BACKGROUND))
