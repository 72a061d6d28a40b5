import numpy as np
from scipy.spatial import ConvexHull, cKDTree

from hiface_pl.data.open_scans.blue_noise import MeshPoints, sample_points
from hiface_pl.data.open_scans.chart_mesh import cut_out, triangulate

SQUARE = np.array([[0, 0, 0], [20, 0, 0], [20, 20, 0], [0, 20, 0]], float)
HALVES = np.array([[0, 1, 2], [0, 2, 3]], np.int32)
FIRST = MeshPoints(np.array([0, 1, 1]), np.array([[0, 1, 0], [1, 0, 0], [0.99, 0.01, 0]]))
"""Two corners of the square, and a point that is too near to the second."""


def test_points_keep_their_distance_and_leave_no_gap():
    points = sample_points(np.random.default_rng(0), SQUARE, HALVES, np.full(4, 0.8), FIRST).of(SQUARE, HALVES)
    np.testing.assert_array_equal(points[:2], SQUARE[[1, 0]])
    tree = cKDTree(points)
    assert tree.query(points, k=2)[0][:, 1].min() >= 0.8
    anywhere = np.random.default_rng(1).uniform(1, 19, (4000, 3)) * [1, 1, 0]
    assert tree.query(anywhere)[0].max() < 1.5
    again = sample_points(np.random.default_rng(0), SQUARE, HALVES, np.full(4, 0.8), FIRST).of(SQUARE, HALVES)
    np.testing.assert_array_equal(points, again)


def test_points_are_denser_where_they_may_be():
    apart = np.array([0.5, 1.5, 1.5, 0.5])
    x = sample_points(np.random.default_rng(0), SQUARE, HALVES, apart, FIRST).of(SQUARE, HALVES)[:, 0]
    assert (x < 5).sum() > 3 * (x > 15).sum()


def test_triangles_follow_the_surface_not_its_stretched_chart():
    points = np.random.default_rng(0).uniform(0, 10, (400, 3)) * [1, 1, 0]
    stretched = points[:, :2] * [1, 9]
    triangles = triangulate(stretched, points)
    assert _smallest_angles(points, triangles).mean() > 25
    a, b, c = (stretched[triangles[:, k]] for k in range(3))
    areas = (b - a)[:, 0] * (c - a)[:, 1] - (b - a)[:, 1] * (c - a)[:, 0]
    assert (areas > 0).all()
    np.testing.assert_allclose(areas.sum() / 2, 9 * _hull_area(points), rtol=1e-9)


def test_a_cut_keeps_one_piece_without_pinches():
    x, y = np.meshgrid(np.arange(5.0), np.arange(3.0))
    points = np.stack([x.ravel(), y.ravel(), 0 * x.ravel()], axis=1)
    corner = np.array([r * 5 + c for r in range(2) for c in range(4)])
    triangles = np.concatenate([np.stack([corner, corner + 1, corner + 6], 1), np.stack([corner, corner + 6, corner + 5], 1)])
    whole = cut_out(points, triangles, np.ones(15, bool))
    np.testing.assert_array_equal(whole.vertices, points)
    apart = cut_out(points, triangles, points[:, 0] != 3)
    assert apart.vertices[:, 0].max() == 2
    assert len(apart.triangles) == 8
    waist = np.ones(15, bool)
    waist[[2, 12]] = False  # both halves meet in the vertex 7 only, after the triangles around the others are gone
    pinched = cut_out(points, triangles, waist)
    assert len(pinched.triangles) > 0
    assert len(np.unique(pinched.triangles)) == len(pinched.vertices)


def _smallest_angles(points, triangles):
    corners = points[triangles]
    to_next, to_previous = np.roll(corners, -1, axis=1) - corners, np.roll(corners, 1, axis=1) - corners
    cosine = (to_next * to_previous).sum(axis=2) / np.linalg.norm(to_next, axis=2) / np.linalg.norm(to_previous, axis=2)
    return np.degrees(np.arccos(cosine)).min(axis=1)


def _hull_area(points):
    return ConvexHull(points[:, :2]).volume
