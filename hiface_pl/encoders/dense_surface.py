"""The dense points of coefficients, straight from the bases at those points: no mesh is built."""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from hiface_pl.encoders.dense_points import dense_points
from hiface_pl.face_models.face_assets import FaceAssets


class DenseSurface(nn.Module):
    """S at the first `count` points of `dense_points`; the first 68 are the landmarks."""

    mean: Tensor
    identity_basis: Tensor
    expression_basis: Tensor

    def __init__(self, assets: FaceAssets, count: int) -> None:
        super().__init__()
        points = dense_points(assets, count)
        corners, weights = torch.from_numpy(points.vertices).long(), torch.from_numpy(points.weights)[..., None]
        for name in ("mean", "identity_basis", "expression_basis"):
            vertices = torch.from_numpy(getattr(assets.model, name))
            at_points = (vertices[..., corners, :] * weights).sum(dim=-2)
            self.register_buffer(name, at_points.flatten(-2).contiguous(), persistent=False)

    def forward(self, identity: Float[Tensor, "b ki"], expression: Float[Tensor, "b ke"]) -> Float[Tensor, "b n 3"]:
        """The points in the model frame, mm."""
        flat = self.mean + identity @ self.identity_basis + expression @ self.expression_basis
        return flat.unflatten(-1, (-1, 3))
