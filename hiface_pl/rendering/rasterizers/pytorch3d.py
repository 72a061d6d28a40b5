"""PyTorch3D's rasteriser: the default on CUDA, and what the CPU rasteriser is compared with. Slow on CPUs."""

from collections.abc import Callable
from types import SimpleNamespace

import torch
from jaxtyping import Float, Int
from torch import Tensor

from hiface_pl.errors import AssetError
from hiface_pl.rendering.rasterizers.base import Fragments, Rasterizer


class Pytorch3dRasterizer(Rasterizer):
    """`rasterize_meshes` with one fragment a pixel, perspective-correct and without blur; PyTorch3D is imported when first used."""

    def __init__(self, cull_backfaces: bool = False) -> None:
        super().__init__()
        self.cull_backfaces = cull_backfaces

    def forward(self, ndc: Float[Tensor, "b v 3"], triangles: Int[Tensor, "m 3"], size: tuple[int, int]) -> Fragments:
        """See `Rasterizer.forward`. Raises AssetError where PyTorch3D cannot be loaded."""
        found, depth, weights, _ = rasterize_meshes()(
            _packed(ndc, triangles),
            image_size=size,
            blur_radius=0.0,
            faces_per_pixel=1,
            perspective_correct=True,
            clip_barycentric_coords=False,
            cull_backfaces=self.cull_backfaces,
        )
        first = torch.arange(len(ndc), device=ndc.device)[:, None, None] * len(triangles)
        found = found[..., 0]
        seen = found >= 0
        triangle = torch.where(seen, found - first, -1)
        return Fragments(triangle, weights[..., 0, :] * seen[..., None], depth[..., 0] * seen)


def rasterize_meshes() -> Callable[..., tuple[Tensor, Tensor, Tensor, Tensor]]:
    """PyTorch3D's function of that name. Raises AssetError where PyTorch3D or its compiled part is missing."""
    try:
        # The package can be imported even where its compiled part cannot.
        from pytorch3d import _C  # noqa: F401, PLC0415
        from pytorch3d.renderer.mesh import rasterize_meshes as function  # noqa: PLC0415
    except (ImportError, OSError) as error:
        raise AssetError(
            f"PyTorch3D cannot be loaded ({error}): install easypytorch3d with a torch release that it supports (2.11 or 2.12), "
            "or set the rasterizer to hiface_pl.rendering.rasterizers.cpu.CpuRasterizer and run on the CPU"
        ) from error
    return function


def _packed(ndc: Float[Tensor, "b v 3"], triangles: Int[Tensor, "m 3"]) -> SimpleNamespace:
    """The part of PyTorch3D's Meshes that rasterising reads, without building one."""
    batch, count, faces = len(ndc), ndc.shape[1], len(triangles)
    offset = torch.arange(batch, device=ndc.device)[:, None, None]
    packed = (triangles.long()[None] + offset * count).reshape(-1, 3)
    return SimpleNamespace(
        verts_packed=lambda: ndc.reshape(-1, 3),
        faces_packed=lambda: packed,
        mesh_to_faces_packed_first_idx=lambda: offset.flatten() * faces,
        num_faces_per_mesh=lambda: torch.full((batch,), faces, dtype=torch.long, device=ndc.device),
        device=ndc.device,
        _F=batch * faces,
    )
