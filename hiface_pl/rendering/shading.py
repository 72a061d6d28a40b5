"""What visible pixels look like: albedo or a plain colour, lit by spherical harmonics on normals tilted by a displacement map."""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from hiface_pl.rendering.albedo import sample_map
from hiface_pl.rendering.compiled_shading import shade_on_cpu
from hiface_pl.rendering.detail_normals import perturb
from hiface_pl.rendering.interpolation import interpolate
from hiface_pl.rendering.lighting import shade
from hiface_pl.rendering.rasterizers.base import Fragments
from hiface_pl.rendering.shading_curve import encode


@dataclass(frozen=True)
class MeshTables:
    """What the colours of a face model's triangles are made of: `skin` triangles take the albedo map, others their own linear RGB."""

    triangles: Int[Tensor, "m 3"]
    uv_triangles: Int[Tensor, "m 3"]
    uv: Float[Tensor, "t 2"]
    skin: Bool[Tensor, " m"]
    colours: Float[Tensor, "m 3"]


@dataclass(frozen=True)
class Look:
    """What a batch of faces looks like: unit normals at the vertices and lighting in the camera frame, linear albedo in UV, and,
    for faces with detail, dual tangents at the texture coordinates and slopes in UV (see `detail_normals`).
    """

    normals: Float[Tensor, "b v 3"]
    albedo: Float[Tensor, "b 3 r r"]
    lighting: Float[Tensor, "b 9 3"]
    tangents: Float[Tensor, "b t 6"] | None = None
    slopes: Float[Tensor, "b 2 s s"] | None = None


def shade_fragments(fragments: Fragments, mesh: MeshTables, look: Look) -> tuple[Float[Tensor, "b 3 h w"], Float[Tensor, "b 3 h w"]]:
    """Display RGB in [0, 1] and unit normals of each pixel, 0 in the background. Differentiable in weights and everything in `look`.

    Compiled on the CPU, plain torch elsewhere.
    """
    if fragments.weights.device.type == "cpu":
        return shade_on_cpu(
            fragments.triangle,
            (mesh.triangles, mesh.uv_triangles, mesh.uv, mesh.skin, mesh.colours),
            fragments.weights,
            (look.normals, look.tangents),
            (look.slopes, look.albedo),
            look.lighting,
        )
    return shade_in_torch(fragments, mesh, look)


def shade_in_torch(fragments: Fragments, mesh: MeshTables, look: Look) -> tuple[Float[Tensor, "b 3 h w"], Float[Tensor, "b 3 h w"]]:
    """`shade_fragments` by image-sized tensor operations: for accelerators, and what the compiled version is compared with."""
    uv = interpolate(fragments, mesh.uv[None], mesh.uv_triangles)
    normals = nn.functional.normalize(interpolate(fragments, look.normals, mesh.triangles), dim=-1)
    if look.tangents is not None and look.slopes is not None:
        tangents = interpolate(fragments, look.tangents, mesh.uv_triangles)
        normals = perturb(normals, tangents, sample_map(look.slopes, uv).permute(0, 2, 3, 1))
    triangle = fragments.triangle.clamp(min=0)
    plain = mesh.colours[triangle].permute(0, 3, 1, 2)
    albedo = torch.where(mesh.skin[triangle][:, None], sample_map(look.albedo, uv), plain)
    seen = (fragments.triangle >= 0)[:, None]
    image = encode(albedo * shade(normals, look.lighting).permute(0, 3, 1, 2))
    return image * seen, normals.permute(0, 3, 1, 2) * seen
