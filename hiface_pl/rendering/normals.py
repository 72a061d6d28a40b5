"""Vertex normals: area-weighted means of the normals of the triangles around a vertex."""

from typing import Any, no_type_check

import numba
import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

from hiface_pl.face_models.face_assets import FaceAssets
from hiface_pl.rendering.threads import over_batch

TINY = 1e-12
"""Sums shorter than this (mm^2) are divided by it instead of their length: a vertex without triangles gets a zero normal."""


class VertexNormals(nn.Module):
    """Unit normals of a batch of meshes with the face model's triangles."""

    triangles: Tensor

    def bind(self, assets: FaceAssets) -> None:
        """Takes the triangles from the face model."""
        self.register_buffer("triangles", torch.from_numpy(assets.model.triangles.astype(np.int64)), persistent=False)

    def forward(self, vertices: Float[Tensor, "b v 3"]) -> Float[Tensor, "b v 3"]:
        """Unit normals in the frame of the vertices; differentiable."""
        return vertex_normals(vertices, self.triangles)


def vertex_normals(vertices: Float[Tensor, "b v 3"], triangles: Int[Tensor, "m 3"]) -> Float[Tensor, "b v 3"]:
    """Area-weighted unit normals of meshes with shared triangles (counter-clockwise seen from outside)."""
    if vertices.device.type == "cpu":
        return _CompiledNormals.apply(vertices, triangles)
    return vertex_normals_in_torch(vertices, triangles)


def vertex_normals_in_torch(vertices: Float[Tensor, "b v 3"], triangles: Int[Tensor, "m 3"]) -> Float[Tensor, "b v 3"]:
    """`vertex_normals` by tensor operations: for accelerators, and what the compiled version is compared with."""
    corners = vertices[:, triangles]
    faces = torch.linalg.cross(corners[:, :, 1] - corners[:, :, 0], corners[:, :, 2] - corners[:, :, 0])
    sums = torch.zeros_like(vertices).index_add(1, triangles.T.reshape(-1), faces.repeat(1, 3, 1))
    return sums / sums.norm(dim=2, keepdim=True).clamp(min=TINY)


class _CompiledNormals(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, vertices: Tensor, triangles: Tensor) -> Tensor:
        vertices, triangles = vertices.contiguous(), triangles.contiguous()
        sums, normals = torch.empty_like(vertices), torch.empty_like(vertices)
        arrays = [tensor.detach().numpy() for tensor in (vertices, sums, normals)]
        index = triangles.numpy()
        over_batch(lambda first, stop: _normals(*(array[first:stop] for array in arrays), index), len(vertices))
        ctx.save_for_backward(vertices, triangles, sums)
        return normals

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        vertices, triangles, sums = ctx.saved_tensors
        result = torch.empty_like(vertices)
        arrays = [tensor.numpy() for tensor in (vertices, sums, gradient.contiguous(), result)]
        index = triangles.numpy()
        over_batch(lambda first, stop: _normals_backward(*(array[first:stop] for array in arrays), index), len(vertices))
        return result, None


@numba.njit(nogil=True, cache=True, error_model="numpy")
@no_type_check
def _normals(vertices, sums, normals, triangles):
    for n in range(vertices.shape[0]):
        points, total = vertices[n], sums[n]
        total[:] = 0
        for t in range(triangles.shape[0]):
            i, j, k = triangles[t, 0], triangles[t, 1], triangles[t, 2]
            ax, ay, az = points[j, 0] - points[i, 0], points[j, 1] - points[i, 1], points[j, 2] - points[i, 2]
            bx, by, bz = points[k, 0] - points[i, 0], points[k, 1] - points[i, 1], points[k, 2] - points[i, 2]
            x, y, z = ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx
            for c in (i, j, k):
                total[c, 0] += x
                total[c, 1] += y
                total[c, 2] += z
        for v in range(points.shape[0]):
            x, y, z = total[v, 0], total[v, 1], total[v, 2]
            scale = 1 / max(np.sqrt(x * x + y * y + z * z), TINY)
            normals[n, v, 0] = x * scale
            normals[n, v, 1] = y * scale
            normals[n, v, 2] = z * scale


@numba.njit(nogil=True, cache=True, error_model="numpy")
@no_type_check
def _normals_backward(vertices, sums, gradient, result, triangles):
    back = np.empty_like(vertices[0])
    for n in range(vertices.shape[0]):
        points, out = vertices[n], result[n]
        _unnormalise(sums[n], gradient[n], back)
        out[:] = 0
        for t in range(triangles.shape[0]):
            i, j, k = triangles[t, 0], triangles[t, 1], triangles[t, 2]
            ax, ay, az = points[j, 0] - points[i, 0], points[j, 1] - points[i, 1], points[j, 2] - points[i, 2]
            bx, by, bz = points[k, 0] - points[i, 0], points[k, 1] - points[i, 1], points[k, 2] - points[i, 2]
            gx, gy, gz = back[i, 0] + back[j, 0] + back[k, 0], back[i, 1] + back[j, 1] + back[k, 1], back[i, 2] + back[j, 2] + back[k, 2]
            px, py, pz = by * gz - bz * gy, bz * gx - bx * gz, bx * gy - by * gx
            qx, qy, qz = gy * az - gz * ay, gz * ax - gx * az, gx * ay - gy * ax
            out[j, 0] += px
            out[j, 1] += py
            out[j, 2] += pz
            out[k, 0] += qx
            out[k, 1] += qy
            out[k, 2] += qz
            out[i, 0] -= px + qx
            out[i, 1] -= py + qy
            out[i, 2] -= pz + qz


@numba.njit(nogil=True, error_model="numpy")
@no_type_check
def _unnormalise(total, gradient, back):
    """Carries a gradient of s / |s| to s."""
    for v in range(total.shape[0]):
        x, y, z = total[v, 0], total[v, 1], total[v, 2]
        length = np.sqrt(x * x + y * y + z * z)
        scale = 1 / max(length, TINY)
        gx, gy, gz = gradient[v, 0] * scale, gradient[v, 1] * scale, gradient[v, 2] * scale
        along = (gx * x + gy * y + gz * z) * scale * scale if length > TINY else 0.0
        back[v, 0] = gx - along * x
        back[v, 1] = gy - along * y
        back[v, 2] = gz - along * z
