"""Picks the rasteriser that suits the device of its input."""

from jaxtyping import Float, Int
from torch import Tensor

from hiface_pl.rendering.rasterizers.base import Fragments, Rasterizer
from hiface_pl.rendering.rasterizers.cpu import CpuRasterizer
from hiface_pl.rendering.rasterizers.pytorch3d import Pytorch3dRasterizer


class DeviceRasterizer(Rasterizer):
    """`CpuRasterizer` for tensors on the CPU, `Pytorch3dRasterizer` elsewhere: both see the same triangles."""

    def __init__(self, cull_backfaces: bool = False) -> None:
        super().__init__()
        self.on_cpu = CpuRasterizer(cull_backfaces)
        self.elsewhere = Pytorch3dRasterizer(cull_backfaces)

    def forward(self, ndc: Float[Tensor, "b v 3"], triangles: Int[Tensor, "m 3"], size: tuple[int, int]) -> Fragments:
        """See `Rasterizer.forward`."""
        rasterizer = self.on_cpu if ndc.device.type == "cpu" else self.elsewhere
        return rasterizer(ndc, triangles, size)
