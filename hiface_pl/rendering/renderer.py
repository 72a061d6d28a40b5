"""From vertices, albedo, lighting, pose and displacement to an image, differentiable in all of them."""

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from hiface_pl.face_models.face_assets import FaceAssets
from hiface_pl.face_models.face_model import Part
from hiface_pl.rendering.albedo import AlbedoMap
from hiface_pl.rendering.camera import to_camera, to_ndc
from hiface_pl.rendering.detail_normals import DualTangents, Slopes
from hiface_pl.rendering.normals import VertexNormals
from hiface_pl.rendering.rasterizers.base import Fragments, Rasterizer
from hiface_pl.rendering.rasterizers.by_device import DeviceRasterizer
from hiface_pl.rendering.shading import Look, MeshTables, shade_fragments
from hiface_pl.types import Coefficients, Rendering

PLAIN_COLOURS = {
    Part.SKIN: (0.0, 0.0, 0.0),
    Part.MOUTH: (0.12, 0.03, 0.03),
    Part.LEFT_EYE: (0.55, 0.53, 0.52),
    Part.RIGHT_EYE: (0.55, 0.53, 0.52),
    Part.TEETH: (0.6, 0.56, 0.5),
}
"""Albedo (linear RGB) of the parts that the albedo basis does not cover; skin takes its own. Our choice: they only fill holes."""


class Renderer(nn.Module):
    """Draws faces with the one virtual camera. `rasterizer` decides what is visible; by default the one that suits the device."""

    triangles: Tensor
    uv_triangles: Tensor
    uv: Tensor
    skin: Tensor
    colours: Tensor

    def __init__(self, rasterizer: Rasterizer | None = None) -> None:
        super().__init__()
        self.rasterizer = rasterizer or DeviceRasterizer()
        self.vertex_normals = VertexNormals()
        self.tangents = DualTangents()
        self.slopes = Slopes()
        self.albedo = AlbedoMap()

    def bind(self, assets: FaceAssets) -> None:
        """Takes triangles, texture coordinates, parts and the albedo basis from the face model."""
        model = assets.model
        tables = {
            "triangles": model.triangles.astype(np.int64),
            "uv_triangles": model.uv_triangles.astype(np.int64),
            "uv": model.uv.astype(np.float32),
            "skin": model.triangle_part == Part.SKIN,
            "colours": np.array([PLAIN_COLOURS[part] for part in Part], dtype=np.float32)[model.triangle_part],
        }
        for name, table in tables.items():
            self.register_buffer(name, torch.from_numpy(table), persistent=False)
        for stage in (self.vertex_normals, self.tangents, self.slopes, self.albedo):
            stage.bind(assets)

    def forward(
        self, vertices: Float[Tensor, "b v 3"], coefficients: Coefficients, displacement: Float[Tensor, "b 1 r r"] | None, size: int
    ) -> Rendering:
        """Renders `size` x `size` pixels. Vertices are in the model frame (mm), displacement in mm along the normal; normals and lighting
        are in the camera frame. Reads pose, lighting and albedo of the coefficients. Everything is 0 where no face is.
        """
        camera = to_camera(vertices, coefficients.pose)
        fragments: Fragments = self.rasterizer(to_ndc(camera), self.triangles, (size, size))
        look = Look(
            normals=self.vertex_normals(camera),
            albedo=self.albedo(coefficients.albedo),
            lighting=coefficients.lighting,
            tangents=None if displacement is None else self.tangents(camera),
            slopes=None if displacement is None else self.slopes(displacement),
        )
        mesh = MeshTables(self.triangles, self.uv_triangles, self.uv, self.skin, self.colours)
        image, normals = shade_fragments(fragments, mesh, look)
        seen = (fragments.triangle >= 0)[:, None]
        skin = seen & self.skin[fragments.triangle.clamp(min=0)][:, None]
        return Rendering(image, seen.to(image.dtype), skin.to(image.dtype), fragments.depth[:, None], normals)
