"""Between values at the texels of the detail mask and whole maps."""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from hiface_pl.face_models.face_assets import DetailBases


class MaskTexels(nn.Module):
    """Writes values at the n texels of the detail mask into maps that are 0 elsewhere, and reads them back.

    Our choice: bases, poles and blend are computed at these texels only, a third of the map.
    """

    texels: Tensor

    def __init__(self, detail: DetailBases) -> None:
        super().__init__()
        self.size = detail.size
        self.register_buffer("texels", torch.from_numpy(detail.texels).long(), persistent=False)

    def forward(self, values: Float[Tensor, "b n"]) -> Float[Tensor, "b 1 r r"]:
        """The map of each row of values."""
        maps = values.new_zeros(len(values), self.size**2)
        return maps.scatter(1, self.texels.expand(len(values), -1), values).view(-1, 1, self.size, self.size)

    def read(self, maps: Float[Tensor, "b 1 r r"]) -> Float[Tensor, "b n"]:
        """The values of maps at the mask's texels."""
        return maps.flatten(1).index_select(1, self.texels)
