import numpy as np

from hiface_pl.synthesis.authoring.canvas import outline_distance
from hiface_pl.synthesis.authoring.layouts import region_weights


def test_outline_distance_of_a_square():
    square = np.array([[0, 0], [4, 0], [4, 4], [0, 4]], np.float32)
    s, y = np.array([[2, 6], [-3, 7]], np.float32), np.array([[2, 2], [-4, 8]], np.float32)
    np.testing.assert_allclose(outline_distance(s, y, square), [[-2, 2], [5, 5]], atol=1e-5)


def test_detail_mask_leaves_out_eyes_lips_nostrils_ears_and_scalp(canvas):
    chart, mask = canvas.chart, canvas.detail
    holes = (canvas.eye < 1, canvas.mouth < 0.3, canvas.nostril < 3, np.abs(canvas.s) > chart.ear_s, canvas.y > chart.hairline_y + 36)
    assert all(hole.any() for hole in holes[1:4])
    assert max(mask[hole].max(initial=0) for hole in holes) == 0
    assert mask[~canvas.atlas.covered].max(initial=0) == 0
    forehead = (np.abs(canvas.s) < 20) & (canvas.y > chart.brow_y + 5) & (canvas.y < chart.hairline_y) & canvas.atlas.covered
    assert mask[forehead].min() > 0.9


def test_region_weights_are_a_partition(canvas):
    weights = region_weights(canvas)
    np.testing.assert_allclose(weights.sum(axis=0), 1, atol=1e-5)
    assert weights.min() > -1e-6
