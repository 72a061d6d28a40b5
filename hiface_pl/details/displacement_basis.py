"""A linear basis of displacement maps: D = mean + basis^T c."""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from hiface_pl.details.texels import MaskTexels
from hiface_pl.face_models.face_assets import DetailBases, DisplacementBasis


class DisplacementBasisMap(nn.Module):
    """Coefficients in standard deviations become displacements in mm. Paper: D_sta = Dbar_sta + B_sta phi, and D_com, D_str likewise."""

    mean: Tensor
    basis: Tensor

    def __init__(self, detail: DetailBases, basis: DisplacementBasis) -> None:
        super().__init__()
        self.texels = MaskTexels(detail)
        self.register_buffer("mean", torch.from_numpy(basis.mean).float(), persistent=False)
        self.register_buffer("basis", torch.from_numpy(basis.basis).float(), persistent=False)

    def at_texels(self, coefficients: Float[Tensor, "b k"]) -> Float[Tensor, "b n"]:
        """The displacements at the texels of the detail mask, in the order of `DetailBases.texels`."""
        return torch.addmm(self.mean, coefficients, self.basis)

    def forward(self, coefficients: Float[Tensor, "b k"]) -> Float[Tensor, "b 1 r r"]:
        """The whole maps, 0 off the detail mask."""
        return self.texels(self.at_texels(coefficients))
