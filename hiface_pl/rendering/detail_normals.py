"""Detail as shading: how a displacement map tilts the smooth normals of the coarse surface, without a finer mesh.

With P(u, v) the coarse surface, J = [P_u P_v] and g = J^T J, a surface displaced by D along its normal n has about the normal
n - J g^-1 grad D, normalised. Our choice: n stays smooth (no facets), and J g^-1 (the dual tangents, 1 / mm) is made at texture
coordinates and interpolated like n, because P_u and P_v are fixed sparse sums of vertices: no position map is needed.
"""

import numpy as np
import scipy.sparse as sp
import torch
from jaxtyping import Float
from torch import Tensor, nn

from hiface_pl.details.sparse_map import SparseMap
from hiface_pl.errors import FaceModelError
from hiface_pl.face_models.face_assets import FaceAssets
from hiface_pl.face_models.face_model import FaceModel, Part
from hiface_pl.rendering.compiled_detail import dual_tangents_on_cpu, slopes_on_cpu
from hiface_pl.rendering.detail_kernels import FLATTEST, SMALLEST


class DualTangents(nn.Module):
    """The columns of J g^-1 at every texture coordinate of a face model; zero where no skin triangle uses it."""

    derivatives: SparseMap

    def bind(self, assets: FaceAssets) -> None:
        """Makes the sparse derivatives along u and v from the face model's texture coordinates."""
        self.derivatives = SparseMap(uv_derivatives(assets.model))

    def forward(self, vertices: Float[Tensor, "b v 3"]) -> Float[Tensor, "b t 6"]:
        """Dual tangents of u, then of v, in the frame of the vertices, 1 / mm. Compiled on the CPU, plain torch elsewhere."""
        if vertices.device.type == "cpu":
            rows = [self.derivatives.get_buffer(f"forward_{name}") for name in ("columns", "starts", "weights")]
            return dual_tangents_on_cpu(vertices, (rows[0], rows[1], rows[2]))
        return self.in_torch(vertices)

    def in_torch(self, vertices: Float[Tensor, "b v 3"]) -> Float[Tensor, "b t 6"]:
        """`forward` by tensor operations: for accelerators, and what the compiled version is compared with."""
        columns = vertices.transpose(0, 1).flatten(1)
        along_u, along_v = self.derivatives(columns).unflatten(1, (len(vertices), 3)).transpose(0, 1).chunk(2, dim=1)
        uu, vv = (along_u * along_u).sum(-1, keepdim=True), (along_v * along_v).sum(-1, keepdim=True)
        uv = (along_u * along_v).sum(-1, keepdim=True)
        area = torch.maximum(uu * vv - uv * uv, FLATTEST * uu * vv).clamp(min=SMALLEST)
        return torch.cat([(vv * along_u - uv * along_v) / area, (uu * along_v - uv * along_u) / area], dim=-1)


class Slopes(nn.Module):
    """dD/du and dD/dv of displacement maps by central differences, after the chart's rim has been carried outwards."""

    nearest: Tensor

    def bind(self, assets: FaceAssets) -> None:
        """Takes the atlas. Raises FaceModelError where the detail maps have another size than the atlas."""
        if assets.atlas.size != assets.detail.size:
            raise FaceModelError(
                f"the face model {assets.model.name} has detail maps of {assets.detail.size} texels and a UV atlas of {assets.atlas.size}: "
                "delete its folder under HIFACE_HOME/derived so that both are made again"
            )
        self.register_buffer("nearest", torch.from_numpy(assets.atlas.nearest.astype(np.int64).ravel()), persistent=False)

    def forward(self, displacement: Float[Tensor, "b 1 r r"]) -> Float[Tensor, "b 2 r r"]:
        """Slopes in mm a unit of u and of v (v points up: towards smaller rows). Compiled on the CPU, plain torch elsewhere."""
        if displacement.device.type == "cpu":
            return slopes_on_cpu(displacement, self.nearest)
        return self.in_torch(displacement)

    def in_torch(self, displacement: Float[Tensor, "b 1 r r"]) -> Float[Tensor, "b 2 r r"]:
        """`forward` by tensor operations: for accelerators, and what the compiled version is compared with."""
        size = displacement.shape[-1]
        filled = displacement.flatten(1)[:, self.nearest].unflatten(1, (1, size, size))
        padded = nn.functional.pad(filled, (1, 1, 1, 1), mode="replicate") * (size / 2)
        along_u = padded[:, :, 1:-1, 2:] - padded[:, :, 1:-1, :-2]
        along_v = padded[:, :, :-2, 1:-1] - padded[:, :, 2:, 1:-1]
        return torch.cat([along_u, along_v], dim=1)


def perturb(normals: Float[Tensor, "*n 3"], tangents: Float[Tensor, "*n 6"], slopes: Float[Tensor, "*n 2"]) -> Float[Tensor, "*n 3"]:
    """Unit normals of the displaced surface: n - J g^-1 grad D, normalised."""
    tilt = tangents[..., :3] * slopes[..., :1] + tangents[..., 3:] * slopes[..., 1:]
    return nn.functional.normalize(normals - tilt, dim=-1)


def uv_derivatives(model: FaceModel) -> sp.csr_matrix:
    """The matrix (2 t, v) that takes vertex values to their derivatives along u (first t rows) and v at the texture coordinates.

    Derivatives are constant on a triangle; a texture coordinate takes the mean over its skin triangles, weighted by their UV area.
    """
    skin = model.triangle_part == Part.SKIN
    corners, uv_corners = model.triangles[skin], model.uv_triangles[skin]
    weights, area = _corner_derivatives(model.uv.astype(np.float64)[uv_corners])
    count = len(model.uv)
    total = np.bincount(uv_corners.ravel(), np.repeat(area, 3), count)
    share = 1 / np.maximum(total, 1e-12)[uv_corners]
    rows = np.broadcast_to(uv_corners[:, :, None], (*uv_corners.shape, 3))
    columns = np.broadcast_to(corners[:, None, :], rows.shape)
    blocks = []
    for axis in range(2):
        values = share[:, :, None] * weights[:, None, :, axis]
        blocks.append(sp.csr_matrix((values.ravel(), (rows.ravel(), columns.ravel())), shape=(count, len(model.mean))))
    return sp.vstack(blocks).tocsr()


def _corner_derivatives(uv: Float[np.ndarray, "m 3 2"]) -> tuple[Float[np.ndarray, "m 3 2"], Float[np.ndarray, " m"]]:
    """What each corner adds to the derivatives along u and v on its triangle, times the UV area (twice), and that area."""
    first, second = uv[:, 1] - uv[:, 0], uv[:, 2] - uv[:, 0]
    signed = first[:, 0] * second[:, 1] - first[:, 1] * second[:, 0]
    one = np.stack([second[:, 1], -second[:, 0]], axis=1)
    two = np.stack([-first[:, 1], first[:, 0]], axis=1)
    weights = np.stack([-one - two, one, two], axis=1) * np.sign(signed)[:, None, None]
    return weights, np.abs(signed)
