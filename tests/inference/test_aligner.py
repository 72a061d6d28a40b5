import numpy as np
import pytest
import torch

from hiface_pl.data.crop import Crop
from hiface_pl.errors import PhotoError
from hiface_pl.inference.aligner import align, cut
from hiface_pl.inference.detector import FaceBox
from hiface_pl.inference.photo import Photo
from tests.inference.faces import tiny_reconstructor

RAMP = np.tile(np.arange(200, dtype=np.uint8)[None, :, None], (200, 1, 3))


def test_a_crop_at_its_own_size_is_a_copy():
    np.testing.assert_array_equal(cut(RAMP, Crop(100.0, 100.0, 40.0), 40), RAMP[80:120, 80:120])


def test_a_reduced_crop_holds_area_averages():
    noise = np.random.default_rng(0).integers(0, 255, (200, 200, 3), dtype=np.uint8)
    expected = noise[40:160, 60:180].reshape(40, 3, 40, 3, 3).mean(axis=(1, 3))
    np.testing.assert_allclose(cut(noise, Crop(120.0, 100.0, 120.0), 40), expected, atol=1)


def test_an_enlarged_crop_keeps_positions():
    enlarged = cut(RAMP, Crop(100.0, 100.0, 20.0), 80)
    np.testing.assert_allclose(enlarged[40, 8:-8, 0], 90 + (np.arange(8, 72) + 0.5) / 4 - 0.5, atol=1)


def test_beyond_the_photo_edges_repeat():
    outside = cut(RAMP, Crop(0.0, 100.0, 80.0), 80)
    assert (outside[:, :40] == 0).all()


def test_the_crop_follows_the_networks_landmarks(monkeypatch):
    reconstructor = tiny_reconstructor(monkeypatch)
    box = FaceBox(60.0, 70.0, 80.0, 60.0)
    found = align(Photo("ramp", RAMP), box, reconstructor)
    # the network always sees a face that fills its crop, so the crop stays
    assert [found.x, found.y] == pytest.approx([Crop.around(box.corners).x, Crop.around(box.corners).y], abs=2)
    assert found.side == pytest.approx(Crop.around(box.corners).side, rel=0.05)


@pytest.mark.parametrize("depth", [float("nan"), 20.0])
def test_landmarks_that_are_no_face_are_refused(monkeypatch, depth):
    reconstructor = tiny_reconstructor(monkeypatch)
    with torch.no_grad():
        reconstructor.encoder.place[2] *= depth
    with pytest.raises(PhotoError, match=r"no landmarks in ramp: .*--box"):
        align(Photo("ramp", RAMP), FaceBox(60.0, 70.0, 80.0, 60.0), reconstructor)
