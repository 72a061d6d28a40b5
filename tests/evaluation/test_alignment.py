import math

import pytest
import torch

from hiface_pl.errors import EvaluationError
from hiface_pl.evaluation.alignment import align_rigid, align_similarity, vertex_distance

SQUARE = torch.tensor([[[1.0, 1, 0], [-1, 1, 0], [-1, -1, 0], [1, -1, 0]]])
EVEN = torch.ones(4)


def turned(points: torch.Tensor, degrees: float) -> torch.Tensor:
    c, s = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    return points @ torch.tensor([[c, s, 0], [-s, c, 0], [0, 0, 1.0]])


def test_rigid_motion_is_undone():
    moved = turned(SQUARE, 30) + torch.tensor([5.0, -2, 9])
    torch.testing.assert_close(align_rigid(moved, SQUARE, EVEN), SQUARE, atol=1e-5, rtol=0)


def test_scale_is_undone_by_similarity_only():
    doubled = 2 * turned(SQUARE, 50) + 7
    # corners at 2 sqrt 2 from the centre instead of sqrt 2: the rigid residual is sqrt 2 for each
    assert vertex_distance(align_rigid(doubled, SQUARE, EVEN), SQUARE, EVEN).item() == pytest.approx(math.sqrt(2), abs=1e-5)
    assert vertex_distance(align_similarity(doubled, SQUARE, EVEN), SQUARE, EVEN).item() == pytest.approx(0, abs=1e-5)


def test_a_mirror_image_is_not_a_match():
    points = torch.tensor([[[0.0, 0, 0], [3, 0, 0], [0, 2, 0], [0, 0, 1]]])
    mirrored = points * torch.tensor([-1.0, 1, 1])
    for align in (align_rigid, align_similarity):
        aligned = align(mirrored, points, EVEN)
        assert vertex_distance(aligned, points, EVEN).item() > 0.2
        sides = torch.det(aligned[:, 1:] - aligned[:, :1]) * torch.det(mirrored[:, 1:] - mirrored[:, :1])
        assert sides.item() > 0  # still the mirrored handedness


def test_weights_choose_what_is_matched():
    moved = SQUARE.clone()
    moved[0, 3] = torch.tensor([40.0, 40, 40])
    weights = torch.tensor([1.0, 1, 1, 0])
    aligned = align_rigid(turned(moved, 70) + 3, SQUARE, weights)
    torch.testing.assert_close(aligned[:, :3], SQUARE[:, :3], atol=1e-4, rtol=0)
    assert vertex_distance(aligned, SQUARE, weights).item() == pytest.approx(0, abs=1e-4)


def test_failures_never_score():
    with pytest.raises(EvaluationError, match="not finite"):
        align_rigid(SQUARE * float("nan"), SQUARE, EVEN)
    collapsed = align_similarity(torch.zeros(1, 4, 3), SQUARE, EVEN)
    assert vertex_distance(collapsed, SQUARE, EVEN).item() == pytest.approx(math.sqrt(2), abs=1e-5)


def test_every_face_of_a_batch_is_aligned_alone():
    pair = torch.cat([turned(SQUARE, 20), turned(SQUARE, -80) + 4])
    torch.testing.assert_close(align_rigid(pair, SQUARE.repeat(2, 1, 1), EVEN), SQUARE.repeat(2, 1, 1), atol=1e-5, rtol=0)
