"""Keypoints on the surface of a mesh."""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from hiface_pl.face_models.face_model import SurfacePoints


class SurfaceKeypoints(nn.Module):
    """Points that ride on a mesh, such as the 68 landmarks: each is a weighted sum of three vertices."""

    corners: Tensor
    weights: Tensor

    def __init__(self, points: SurfacePoints) -> None:
        super().__init__()
        self.register_buffer("corners", torch.from_numpy(points.vertices).long(), persistent=False)
        self.register_buffer("weights", torch.from_numpy(points.weights).float()[..., None], persistent=False)

    def forward(self, vertices: Float[Tensor, "b v 3"]) -> Float[Tensor, "b n 3"]:
        """The points' positions in the frame of `vertices`."""
        return (vertices[:, self.corners] * self.weights).sum(dim=2)
