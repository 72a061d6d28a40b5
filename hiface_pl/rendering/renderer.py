"""From vertices, albedo, lighting, pose and displacement to an image, differentiable in all of them."""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from hiface_pl.face_models.face_assets import FaceAssets
from hiface_pl.face_models.face_model import Part
from hiface_pl.rendering.albedo import AlbedoMap, sample_map
from hiface_pl.rendering.camera import to_camera, to_ndc
from hiface_pl.rendering.detail_normals import DualTangents, Slopes, perturb
from hiface_pl.rendering.interpolation import interpolate
from hiface_pl.rendering.lighting import shade
from hiface_pl.rendering.normals import VertexNormals
from hiface_pl.rendering.rasterizers.base import Fragments, Rasterizer
from hiface_pl.rendering.rasterizers.by_device import DeviceRasterizer
from hiface_pl.rendering.shading import encode
from hiface_pl.types import Coefficients, Rendering

PLAIN_COLOURS = {
    Part.SKIN: (0.4, 0.25, 0.2),
    Part.MOUTH: (0.12, 0.03, 0.03),
    Part.LEFT_EYE: (0.55, 0.53, 0.52),
    Part.RIGHT_EYE: (0.55, 0.53, 0.52),
    Part.TEETH: (0.6, 0.56, 0.5),
}
"""Albedo (linear RGB) of the parts that the albedo basis does not cover. Our choice: they only keep holes from showing."""


@dataclass(frozen=True)
class _Surface:
    """What the pixels of a batch see."""

    fragments: Fragments
    seen: Bool[Tensor, "b 1 h w"]
    skin: Bool[Tensor, "b 1 h w"]
    uv: Float[Tensor, "b h w 2"]


class Renderer(nn.Module):
    """Draws faces with the one virtual camera. `rasterizer` decides what is visible; by default the one that suits the device."""

    triangles: Tensor
    uv_triangles: Tensor
    uv: Tensor
    part: Tensor
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
            "uv": model.uv[None].astype(np.float32),
            "part": model.triangle_part.astype(np.int64),
            "colours": np.array([PLAIN_COLOURS[part] for part in Part], dtype=np.float32),
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
        surface = self._surface(camera, size)
        normals = self._normals(camera, surface, displacement)
        irradiance = shade(normals, coefficients.lighting).permute(0, 3, 1, 2)
        image = encode(self._albedo(coefficients.albedo, surface) * irradiance) * surface.seen
        mask, skin = surface.seen.to(image.dtype), surface.skin.to(image.dtype)
        return Rendering(image, mask, skin, surface.fragments.depth[:, None], normals.permute(0, 3, 1, 2) * mask)

    def _surface(self, camera: Float[Tensor, "b v 3"], size: int) -> _Surface:
        fragments: Fragments = self.rasterizer(to_ndc(camera), self.triangles, (size, size))
        seen = fragments.triangle >= 0
        skin = seen & (self.part[fragments.triangle.clamp(min=0)] == Part.SKIN)
        return _Surface(fragments, seen[:, None], skin[:, None], interpolate(fragments, self.uv, self.uv_triangles))

    def _normals(
        self, camera: Float[Tensor, "b v 3"], surface: _Surface, displacement: Float[Tensor, "b 1 r r"] | None
    ) -> Float[Tensor, "b h w 3"]:
        normals = interpolate(surface.fragments, self.vertex_normals(camera), self.triangles)
        normals = nn.functional.normalize(normals, dim=-1)
        if displacement is None:
            return normals
        tangents = interpolate(surface.fragments, self.tangents(camera), self.uv_triangles)
        return perturb(normals, tangents, sample_map(self.slopes(displacement), surface.uv).permute(0, 2, 3, 1))

    def _albedo(self, albedo: Float[Tensor, "b ka"], surface: _Surface) -> Float[Tensor, "b 3 h w"]:
        skin = sample_map(self.albedo(albedo), surface.uv)
        plain = self.colours[self.part[surface.fragments.triangle.clamp(min=0)]].permute(0, 3, 1, 2)
        return torch.where(surface.skin, skin, plain)
