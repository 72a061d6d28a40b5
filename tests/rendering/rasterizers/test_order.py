"""What the order of drawing and the limits of its buffers could get wrong."""

import numpy as np
import torch

from hiface_pl.rendering.rasterizers import kernels, visibility
from hiface_pl.rendering.rasterizers.cpu import CpuRasterizer
from hiface_pl.rendering.rasterizers.pytorch3d import Pytorch3dRasterizer


def test_of_equally_near_triangles_the_first_wins_though_it_is_drawn_after_the_others() -> None:
    """Triangles turned away are drawn last; here one of them comes first in the mesh. All numbers are exact: both are equally near."""
    ndc = torch.tensor([[[0.75, -0.75, 4.0], [-0.75, -0.75, 4.0], [0.25, 0.875, 4.0]]])
    for triangles in ([[0, 1, 2], [1, 0, 2]], [[1, 0, 2], [0, 1, 2]]):
        index = torch.tensor(triangles)
        ours, theirs = (rasterizer(ndc, index, (16, 16)).triangle for rasterizer in (CpuRasterizer(), Pytorch3dRasterizer()))
        assert torch.equal(ours, theirs)
        assert set(ours.unique().tolist()) == {-1, 0}


def test_triangles_that_fill_large_pictures_are_drawn_in_bands() -> None:
    """More hits than the buffer holds, in one triangle and in one row."""
    points = np.array([[9e4, -9e4, 4], [-9e4, -9e4, 4], [0, 18e4, 6]], np.float32)
    index = np.array([[0, 1, 2], [0, 1, 2]])
    for height, width in ((100, 100), (3, visibility.HITS + 50), (2 * visibility.HITS + 1, 1)):
        triangle, weights, depth = kernels.zbuffer(points, index, height, width)
        assert (triangle == 0).all()
        np.testing.assert_allclose(weights.sum(-1), 1, atol=1e-5)
        np.testing.assert_allclose(depth, weights @ points[:, 2], rtol=1e-5)


def test_vertices_on_pixel_centres_belong_to_boxes_as_in_pytorch3d() -> None:
    """Triangles whose corners lie on pixel centres, or a hair beside them, in every direction."""
    rng = np.random.default_rng(0)
    centres = kernels.pixel_centres(16, 16, np.dtype(np.float32))[0]
    corners = rng.choice(centres, (1, 3000, 2)) + rng.choice([0, 1e-7, -1e-7, 1e-3, -1e-3], (1, 3000, 2))
    ndc = torch.from_numpy(np.concatenate([corners, rng.uniform(4, 9, (1, 3000, 1))], 2).astype(np.float32))
    triangles = torch.arange(3000).reshape(-1, 3)
    for part in triangles.split(20):
        ours, theirs = (rasterizer(ndc, part, (16, 16)).triangle for rasterizer in (CpuRasterizer(), Pytorch3dRasterizer()))
        assert torch.equal(ours, theirs)
