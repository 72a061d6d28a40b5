from pathlib import Path

import numpy as np
import pytest
import skimage
from skimage.data import astronaut, lbp_frontal_face_cascade_filename

from hiface_pl.errors import PhotoError
from hiface_pl.inference.detector import BoxGiven, SkimageCascadeDetector, Window, _by_prominence
from hiface_pl.inference.photo import Photo

BROWS_TO_CHIN = (176, 91, 97, 88)
"""Measured by eye on the astronaut: left, top, width and height in pixels."""


def test_the_cascade_comes_with_the_package():
    assert Path(lbp_frontal_face_cascade_filename()).is_relative_to(Path(skimage.__file__).parent)


@pytest.mark.parametrize("mirrored", [False, True])
def test_finds_the_astronaut(mirrored):
    pixels = astronaut()[:, ::-1] if mirrored else astronaut()
    box = SkimageCascadeDetector().find(Photo("astronaut", np.ascontiguousarray(pixels)))[0]
    left = 512 - BROWS_TO_CHIN[0] - BROWS_TO_CHIN[2] if mirrored else BROWS_TO_CHIN[0]
    np.testing.assert_allclose([box.x, box.y, box.width, box.height], [left, *BROWS_TO_CHIN[1:]], atol=16)


def test_no_face_says_what_to_do():
    with pytest.raises(PhotoError, match=r"no face was found in wall: .*--box x,y,w,h"):
        SkimageCascadeDetector().find(Photo("wall", np.full((120, 160, 3), 90, np.uint8)))


def test_a_given_box_is_trusted_when_it_lies_in_the_photo():
    photo = Photo("wall", np.zeros((120, 160, 3), np.uint8))
    assert [box.corners.tolist() for box in BoxGiven(10.0, 20.0, 60.0, 70.0).find(photo)] == [[[10, 20], [70, 90]]]
    for box in ((170.0, 20.0, 60.0, 70.0), (10.0, 20.0, 0.0, 70.0), (-80.0, 0.0, 60.0, 60.0)):
        with pytest.raises(PhotoError, match="is not a region of wall, which is 160x120 pixels"):
            BoxGiven(*box).find(photo)


def test_places_that_many_searches_agree_on_come_first():
    few, many = [Window(0.0, 0.0, 90.0)], [Window(x, 200.0, 40.0) for x in (200.0, 202.0, 210.0)]
    larger = [Window(500.0, 500.0, 60.0)] * 2
    assert _by_prominence([few, many, larger]) == [larger[0], Window(202.0, 200.0, 40.0), few[0]]
