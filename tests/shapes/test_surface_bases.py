"""The linear face at chosen points, against whole meshes."""

import numpy as np
import torch

from hiface_pl.face_models.face_model import SurfacePoints
from hiface_pl.face_models.on_surface import carried, rows_of
from hiface_pl.shapes.surface_bases import SurfaceBases
from tests.tiny import tiny_assets


def some_points(vertices: int) -> SurfacePoints:
    rng = np.random.default_rng(0)
    weights = rng.dirichlet(np.ones(3), 20).astype(np.float32)
    return SurfacePoints(rng.integers(0, vertices, (20, 3)).astype(np.int32), weights)


def test_points_ride_on_the_neutral_and_on_the_expressive_mesh() -> None:
    model = tiny_assets().model
    points, rng = some_points(len(model.mean)), torch.Generator().manual_seed(0)
    identity, expression = (
        torch.randn(2, len(model.identity_basis), generator=rng),
        torch.rand(2, len(model.expression_basis), generator=rng),
    )
    shape = SurfaceBases(model, rows_of(points, len(model.mean)))(identity, expression)
    for row in range(2):
        neutral = model.vertices(identity[row].numpy())
        expressive = model.vertices(identity[row].numpy(), expression[row].numpy())
        np.testing.assert_allclose(shape.neutral[row].numpy(), points.on(neutral), atol=1e-3)
        np.testing.assert_allclose(shape.expressive[row].numpy(), points.on(expressive), atol=1e-3)


def test_modes_are_carried_like_one_mesh_each() -> None:
    model = tiny_assets().model
    points = some_points(len(model.mean))
    modes = carried(rows_of(points, len(model.mean)), model.identity_basis)
    for mode, vertices in zip(modes, model.identity_basis, strict=True):
        np.testing.assert_allclose(mode, points.on(vertices), atol=1e-5)


def test_bases_are_no_weights() -> None:
    model = tiny_assets().model
    assert not SurfaceBases(model, rows_of(some_points(len(model.mean)), len(model.mean))).state_dict()
