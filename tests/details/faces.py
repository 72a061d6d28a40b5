"""Meshes and coefficients that the detail tests share."""

from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from hiface_pl.face_models.face_assets import FaceAssets
from hiface_pl.face_models.face_model import FaceModel, SurfacePoints
from hiface_pl.types import Coefficients, Pose, Shape


def mesh(model: FaceModel, vertices: list[list[float]], quads: list[list[int]], part: list[int] | None = None) -> FaceModel:
    """`model` with another mesh and empty bases."""
    count, faces = len(vertices), np.array(quads, dtype=np.int32)
    return replace(
        model,
        mean=np.array(vertices, dtype=np.float32),
        identity_basis=np.zeros((4, count, 3), np.float32),
        expression_basis=np.zeros((4, count, 3), np.float32),
        quads=faces,
        uv=np.zeros((count, 2), np.float32),
        uv_quads=faces.copy(),
        part=np.array(part or [0] * len(faces), dtype=np.uint8),
        keypoints68=SurfacePoints.at_vertices([0] * 68),
        keypoints85=None,
    )


def strip(tiny: FaceAssets) -> FaceAssets:
    """Two quads side by side, 10 and 20 mm wide and 10 mm high; vertices 0 1 2 below, 3 4 5 above."""
    vertices = [[x, y, 0.0] for y in (0.0, 10.0) for x in (0.0, 10.0, 30.0)]
    return replace(tiny, model=mesh(tiny.model, vertices, [[0, 1, 4, 3], [1, 2, 5, 4]]))


def moved(vertices: Tensor, columns: list[float]) -> Shape:
    """The strip before and after its three columns of vertices moved to these x."""
    after = vertices.clone()
    after[:, 0] = torch.tensor(columns * 2, dtype=vertices.dtype)
    return Shape(vertices[None], after[None])


def coefficients(assets: FaceAssets, batch: int = 2, seed: int = 0, dtype: torch.dtype = torch.float32) -> Coefficients:
    """Random coefficients of the sizes that `assets` asks for."""
    generator = torch.Generator().manual_seed(seed)

    def normal(*shape: int) -> Tensor:
        return torch.randn(batch, *shape, generator=generator, dtype=dtype)

    return Coefficients(
        normal(len(assets.model.identity_basis)),
        torch.rand(batch, len(assets.model.expression_basis), generator=generator, dtype=dtype),
        normal(len(assets.detail.static.basis)),
        normal(len(assets.albedo.basis)),
        normal(9, 3),
        Pose(normal(3), normal(3)),
    )
