import numpy as np
import pytest

from hiface_pl.synthesis.authoring.lines import Ageing, Line, draw_lines, subject_depths
from hiface_pl.synthesis.authoring.strokes import RIM, RIM_WIDTH, draw_furrows, spline


def test_furrow_has_the_written_profile():
    s, y = np.zeros(7, np.float32), np.array([0, 0.5, 1, 2, 4, 6, 40], np.float32)
    points = np.array([[-20, 0], [20, 0]], np.float32)
    height = np.zeros(7, np.float32)
    draw_furrows(height, s, y, points, np.full(2, 0.5, np.float32), np.full(2, 1.5, np.float32), np.array([0, 2]))
    q = (y / 1.5) ** 2
    expected = -0.5 * (np.exp(-q / 2) - RIM * np.exp(-q / (2 * RIM_WIDTH**2)))
    np.testing.assert_allclose(height[:-1], expected[:-1], atol=1e-5)
    assert height[-1] == 0
    assert height[0] == pytest.approx(-0.5 * (1 - RIM))


def test_spline_passes_through_its_ends_and_middle():
    control = [(0.0, 0.0), (5.0, 3.0), (10.0, 0.0)]
    curve = spline(control, 9)
    np.testing.assert_allclose(curve[[0, 4, 8]], control, atol=1e-4)


def test_lines_below_the_ageing_onset_draw_nothing():
    points = np.array([[-10, 0], [10, 0]], np.float32)
    line = Line(points, np.ones(2, np.float32), 1.5, Ageing("forehead", 0.5, 30, 40))
    at = np.zeros(1, np.float32)
    heights = []
    for age in (25, 40, 55, 70):
        depths = subject_depths(np.random.default_rng(1), [line], age, 1.0, 1.0).depths
        heights.append(float(draw_lines([line], depths, at, at, 0.5)[0]))
    assert heights[0] == 0
    assert heights[1] < 0
    assert heights == sorted(heights, reverse=True)
