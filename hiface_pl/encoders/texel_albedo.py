"""Grey albedo at chosen texels."""

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d

from hiface_pl.face_models.face_assets import FaceAssets


class TexelAlbedo(nn.Module):
    """The mean over the channels of A = mean + B_alb alpha on a grid of texels of the detail maps, never below 0.01."""

    mean: Tensor
    basis: Tensor

    def __init__(self, assets: FaceAssets, texels: Int[np.ndarray, "h w"]) -> None:
        super().__init__()
        albedo = assets.albedo
        rows, columns = ((part * albedo.size) // assets.detail.size for part in np.divmod(texels, assets.detail.size))
        for name, maps in (("mean", albedo.mean[None]), ("basis", albedo.basis)):
            smooth = avg_pool2d(torch.from_numpy(maps).mean(dim=1), 3, stride=1, padding=1, count_include_pad=False)
            self.register_buffer(name, smooth[:, rows, columns].contiguous(), persistent=False)

    def forward(self, albedo: Float[Tensor, "b ka"]) -> Float[Tensor, "b 1 h w"]:
        """Linear reflectance."""
        return torch.addmm(self.mean.flatten(1), albedo, self.basis.flatten(1)).clamp(min=0.01).unflatten(1, (1, *self.basis.shape[1:]))
