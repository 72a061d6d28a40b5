"""The rasteriser interface: triangles in normalised device coordinates become fragments per pixel."""

from abc import ABC, abstractmethod
from dataclasses import dataclass

from jaxtyping import Float, Int
from torch import Tensor, nn

from hiface_pl.types import TensorRecord


@dataclass(frozen=True)
class Fragments(TensorRecord):
    """The front-most triangle of each pixel: `triangle` is -1 in the background, where `weights` and `depth` are 0.

    `weights` are perspective-correct barycentric coordinates, `depth` is in the units of the input's z.
    """

    triangle: Int[Tensor, "b h w"]
    weights: Float[Tensor, "b h w 3"]
    depth: Float[Tensor, "b h w"]


class Rasterizer(nn.Module, ABC):
    """Hard visibility with weights and depth that are differentiable with respect to the vertices."""

    @abstractmethod
    def forward(self, ndc: Float[Tensor, "b v 3"], triangles: Int[Tensor, "m 3"], size: tuple[int, int]) -> Fragments:
        """Rasterises a batch of meshes with shared triangles into `size` = (height, width).

        `ndc` follows PyTorch3D: x to the left, y up, the shorter image side spans [-1, 1], z is the depth (positive in front).
        """
