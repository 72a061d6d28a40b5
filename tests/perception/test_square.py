"""A turned square: where its pixels come from."""

import cv2
import numpy as np
import pytest

from hiface_pl.perception.square import Square


@pytest.mark.parametrize("angle", [0.0, 0.6, -2.0])
@pytest.mark.parametrize("size", [40, 160])
def test_what_is_seen_in_the_cut_lies_where_to_image_says(angle, size):
    image = np.zeros((300, 400, 3), dtype=np.uint8)
    cv2.circle(image, (170, 140), 9, (255, 255, 255), -1)
    square = Square(180.0, 150.0, 120.0, angle)
    rows, columns = np.nonzero(square.cut(image, size)[..., 0] > 127)
    middle = (np.array([[columns.mean(), rows.mean()]]) + 0.5) / size
    np.testing.assert_allclose(square.to_image(middle), [[170.5, 140.5]], atol=0.6)


def test_large_squares_are_averaged():
    image = np.zeros((400, 400, 3), dtype=np.uint8)
    image[::2] = 255
    shown = Square(200.0, 200.0, 400.0).cut(image, 100)
    assert np.abs(shown.astype(int) - 127).max() <= 1


def test_over_points_turned_along_the_eyes():
    square = Square.over(np.array([[10.0, 20.0], [30.0, 60.0]]), np.array([1.0, 1.0]), 1.5)
    assert (square.x, square.y, square.side) == (20.0, 40.0, 60.0)
    assert square.angle == pytest.approx(np.pi / 4)
    right = square.to_image(np.array([[1.0, 0.5]]))[0]
    np.testing.assert_allclose(right, [20 + 30 / np.sqrt(2), 40 + 30 / np.sqrt(2)])
