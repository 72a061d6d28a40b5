"""The linear face at chosen points of its surface, straight from the bases there: no mesh is built."""

import torch
from jaxtyping import Float
from scipy import sparse
from torch import Tensor, nn

from hiface_pl.face_models.face_model import FaceModel
from hiface_pl.face_models.on_surface import carried
from hiface_pl.types import Shape


class SurfaceBases(nn.Module):
    """Mean (3n) and bases (k, 3n) of identity and expression at n points; fixed, not stored with the weights."""

    mean: Tensor
    identity_basis: Tensor
    expression_basis: Tensor

    def __init__(self, model: FaceModel, rows: sparse.csr_matrix) -> None:
        """`rows` (n, vertices of the model) takes vertex values to the points."""
        super().__init__()
        for name in ("mean", "identity_basis", "expression_basis"):
            self.register_buffer(name, torch.from_numpy(carried(rows, getattr(model, name))).flatten(-2), persistent=False)

    def forward(self, identity: Float[Tensor, "b ki"], expression: Float[Tensor, "b ke"]) -> Shape:
        """The points of S(beta, 0) and of S(beta, xi) in the model frame, mm."""
        neutral = torch.addmm(self.mean, identity, self.identity_basis)
        expressive = torch.addmm(neutral, expression, self.expression_basis)
        return Shape(neutral.unflatten(1, (-1, 3)), expressive.unflatten(1, (-1, 3)), linear=True)
