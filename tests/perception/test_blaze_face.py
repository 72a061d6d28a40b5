"""Anchors and merging of BlazeFace's hits."""

import numpy as np
import pytest

from hiface_pl.perception.blaze_face import FULL_RANGE, SHORT_RANGE, anchors, merged, overlap


def test_anchors_of_the_published_graphs():
    short, full = anchors(SHORT_RANGE), anchors(FULL_RANGE)
    assert (len(short), len(full)) == (896, 2304)
    np.testing.assert_allclose(short[[0, 1, 2, 31]], [[1 / 32, 1 / 32], [1 / 32, 1 / 32], [3 / 32, 1 / 32], [31 / 32, 1 / 32]])
    np.testing.assert_allclose(short[[512, 517, 518]], [[1 / 16, 1 / 16], [1 / 16, 1 / 16], [3 / 16, 1 / 16]])
    np.testing.assert_allclose(full[[0, 1, -1]], [[1 / 96, 1 / 96], [3 / 96, 1 / 96], [95 / 96, 95 / 96]])


def row(left, score):
    return [left, 0.0, left + 0.4, 0.4, *[left] * 12, score]


def test_overlapping_hits_become_one_weighted_by_score():
    faces = merged(np.array([row(0.50, 0.7), row(0.0, 0.6), row(0.04, 0.9)]))
    assert len(faces) == 2
    assert faces[0, 0] == pytest.approx((0.6 * 0.0 + 0.9 * 0.04) / 1.5)
    assert faces[0, 16] == 0.9
    np.testing.assert_allclose(faces[1], row(0.50, 0.7))
    assert merged(np.empty((0, 17))).shape == (0, 17)


def test_overlap():
    boxes = np.array([[0.0, 0.0, 1.0, 1.0], [0.5, 0.0, 1.5, 1.0], [2.0, 2.0, 3.0, 3.0]])
    np.testing.assert_allclose(overlap(boxes[0], boxes), [1.0, 1 / 3, 0.0])
