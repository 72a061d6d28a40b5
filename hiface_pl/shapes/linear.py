"""The linear shape decoder: S = S_mean + B_id beta + B_exp xi."""

import torch
from jaxtyping import Float
from torch import Tensor
from typing_extensions import override

from hiface_pl.face_models.face_assets import FaceAssets
from hiface_pl.shapes.base import ShapeDecoder
from hiface_pl.shapes.keypoints import SurfaceKeypoints
from hiface_pl.types import Coefficients, Shape


class LinearShape(ShapeDecoder):
    """The face model's own bases, fixed. Paper: the coarse shape is a linear 3D morphable model."""

    mean: Tensor
    identity_basis: Tensor
    expression_basis: Tensor

    def bind(self, assets: FaceAssets) -> None:
        """Takes the mean (3v) and the bases (k, 3v) of identity and expression from the face model."""
        model = assets.model
        for name in ("mean", "identity_basis", "expression_basis"):
            rows = torch.from_numpy(getattr(model, name)).float()
            self.register_buffer(name, rows.flatten(-2), persistent=False)

    @property
    def identities(self) -> int:
        """Number of identity coefficients."""
        return len(self.identity_basis)

    @property
    def expressions(self) -> int:
        """Number of expression coefficients."""
        return len(self.expression_basis)

    @property
    def vertices(self) -> int:
        """Number of vertices."""
        return len(self.mean) // 3

    def forward(self, coefficients: Coefficients) -> Shape:
        """S(beta, 0) and S(beta, xi); the second adds its expression to the first, so the two are equal where xi is zero."""
        neutral = torch.addmm(self.mean, coefficients.identity, self.identity_basis)
        expressive = torch.addmm(neutral, coefficients.expression, self.expression_basis)
        return Shape(neutral.unflatten(1, (-1, 3)), expressive.unflatten(1, (-1, 3)), linear=True)

    @override
    def points(self, coefficients: Coefficients, keypoints: SurfaceKeypoints) -> Float[Tensor, "b n 3"]:
        mean, identity, expression = (
            keypoints(rows.view(-1, self.vertices, 3)).flatten(1) for rows in (self.mean, self.identity_basis, self.expression_basis)
        )
        flat = torch.addmm(torch.addmm(mean, coefficients.identity, identity), coefficients.expression, expression)
        return flat.unflatten(1, (-1, 3))
