"""Vertex normals: known shapes, gradients, isolated vertices."""

import numpy as np
import torch

from hiface_pl.rendering.normals import VertexNormals, vertex_normals, vertex_normals_in_torch
from tests.tiny import tiny_assets


def test_normals_are_means_weighted_by_area() -> None:
    """A corner where a large triangle in z = 0 meets a small one in x = 0."""
    vertices = torch.tensor([[[0.0, 0, 0], [2, 0, 0], [0, 2, 0], [0, 0, 1]]])
    normals = vertex_normals(vertices, torch.tensor([[0, 1, 2], [0, 2, 3]]))
    torch.testing.assert_close(normals[0, 1], torch.tensor([0.0, 0, 1]))
    torch.testing.assert_close(normals[0, 0], torch.tensor([1.0, 0, 2]) / 5**0.5)


def test_module_points_outwards_and_is_of_unit_length() -> None:
    assets = tiny_assets()
    module = VertexNormals()
    module.bind(assets)
    normals = module(torch.from_numpy(assets.model.mean)[None])
    torch.testing.assert_close(normals.norm(dim=-1), torch.ones(1, normals.shape[1]))
    assert (normals[..., 2] > 0).all()
    assert "triangles" not in module.state_dict()


def test_gradient_and_batches() -> None:
    rng = np.random.default_rng(0)
    vertices = torch.from_numpy(rng.normal(size=(3, 6, 3))).requires_grad_()
    triangles = torch.tensor([[0, 1, 2], [2, 1, 3], [3, 4, 0]])
    assert torch.autograd.gradcheck(lambda v: vertex_normals(v, triangles)[:, :5], vertices)
    torch.testing.assert_close(vertex_normals(vertices, triangles)[1:2], vertex_normals(vertices[1:2], triangles))
    torch.testing.assert_close(vertex_normals(vertices, triangles), vertex_normals_in_torch(vertices, triangles))


def test_a_vertex_without_triangles_has_a_zero_normal_and_gradient() -> None:
    vertices = torch.randn(1, 4, 3, requires_grad=True)
    normals = vertex_normals(vertices, torch.tensor([[0, 1, 2]]))
    assert not normals[0, 3].any()
    assert not torch.autograd.grad(normals.sum(), vertices)[0][0, 3].any()
