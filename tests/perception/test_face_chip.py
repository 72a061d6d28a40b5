"""Crops for dlib's networks."""

import torch

from hiface_pl.perception.face_chip import _MEAN_FACE, ChipLayout, face_chips

LAYOUT = ChipLayout(50, 0.25)
MEAN = (torch.tensor(_MEAN_FACE) + 0.25) / 1.5


def smooth(height: int, width: int) -> torch.Tensor:
    y, x = torch.meshgrid((torch.arange(height) + 0.5) / width, (torch.arange(width) + 0.5) / width, indexing="ij")
    return torch.stack([x, y, (x + y) / 2])[None]


def test_points_come_to_their_places():
    """A picture whose channels are its coordinates shows where each pixel of the chip comes from."""
    turn = torch.tensor([[0.8, -0.6], [0.6, 0.8]])
    points = 0.3 * MEAN @ turn.T + torch.tensor([0.4, 0.2])
    chip = face_chips(smooth(150, 200), points[None], LAYOUT)
    for place, point in zip(MEAN * 50 - 0.5, points, strict=True):
        column, row = int(place[0]), int(place[1])
        across, down = (place - place.floor()).tolist()
        corners = chip[0, :2, row : row + 2, column : column + 2]
        seen = (corners[:, 0] * (1 - down) + corners[:, 1] * down) @ torch.tensor([1 - across, across])
        assert torch.allclose(seen, point, atol=2e-3)


def test_large_pictures_are_averaged():
    stripes = torch.zeros(1, 3, 800, 800)
    stripes[..., ::2, :] = 1.0
    points = MEAN[None]
    assert (face_chips(stripes, points, LAYOUT) - 0.5).abs().max() < 0.2


def test_gradients_reach_the_pixels_and_not_the_points():
    image, points = smooth(80, 80).requires_grad_(), (0.7 * MEAN + 0.1)[None].requires_grad_()
    face_chips(image, points, LAYOUT).sum().backward()
    assert image.grad is not None
    assert abs(float(image.grad.sum()) - 3 * 50 * 50) < 1
    assert points.grad is None
