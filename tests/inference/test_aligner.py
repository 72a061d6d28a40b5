from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from hiface_pl.data.crop import RISE, SCALE, Crop
from hiface_pl.errors import PhotoError
from hiface_pl.face_models.mirror import MIRROR_68
from hiface_pl.inference.aligner import ROUNDS, align, cut, first_face
from hiface_pl.inference.detector import FaceBox
from hiface_pl.inference.photo import Photo
from hiface_pl.reconstructor import Reconstructor
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


BOX = FaceBox(60.0, 70.0, 80.0, 60.0)


class PointsOnly(Reconstructor):
    """A network whose landmarks are a function of the image."""

    def __init__(self, points: Callable[[Tensor], Tensor]) -> None:
        nn.Module.__init__(self)
        self.image_size, self.points, self.unused = 32, points, nn.Parameter(torch.zeros(1))

    def located(self, image: Tensor) -> Tensor:
        return torch.stack([self.points(one) for one in image])


def symmetric(shift: float = 0.0, spread: float = 0.0) -> Tensor:
    """68 points that fill a crop as a face does and look the same in a mirror, moved to the right, with noise."""
    points = torch.from_numpy(np.random.default_rng(0).uniform(0, 1, (68, 2))).float()
    points = (points + torch.tensor([-1.0, 1.0]) * points[MIRROR_68] + torch.tensor([1.0, 0.0])) / 2
    low, high = points.amin(0), points.amax(0)
    points = (points - (low + high) / 2) / (high - low).amax() / SCALE + torch.tensor([0.5 + shift, 0.5 + RISE])
    return points + spread * torch.randn(68, 2)


def test_a_crop_with_the_face_in_its_middle_stays():
    found = align(Photo("ramp", RAMP), Crop.around(BOX.corners), PointsOnly(lambda _image: symmetric()))
    start = Crop.around(BOX.corners)
    assert [found.crop.x, found.crop.y, found.crop.side] == pytest.approx([start.x, start.y, start.side], rel=1e-4)
    assert found.doubt == pytest.approx(0, abs=1e-6)


def test_the_crop_follows_a_face_that_both_looks_see():
    def look(image: Tensor) -> Tensor:  # the ramp is darker on the left: mirrored, the same face stands on the other side
        return symmetric(shift=0.05 if image[0, 0, 0] < image[0, 0, -1] else -0.05)

    found = align(Photo("ramp", RAMP), Crop.around(BOX.corners), PointsOnly(look))
    start = Crop.around(BOX.corners)
    assert found.crop.x == pytest.approx(start.x + ROUNDS * 0.05 * start.side, rel=1e-3)
    assert found.doubt == pytest.approx(0, abs=1e-6)


def test_points_that_differ_in_the_mirror_are_doubted():
    found = align(Photo("ramp", RAMP), Crop.around(BOX.corners), PointsOnly(lambda _image: symmetric(shift=0.05)))
    assert found.doubt == pytest.approx(0.1, abs=1e-4)  # 0.05 to the right in both looks


def test_of_several_places_the_first_with_a_face_is_taken():
    torch.manual_seed(0)
    white = np.concatenate([RAMP, np.full_like(RAMP, 255)], axis=1)
    network = PointsOnly(lambda image: symmetric(spread=0.0 if image.min() == 1 else 0.06))
    face = FaceBox(270.0, 80.0, 40.0, 40.0)
    assert first_face(Photo("two", white), [BOX, face], network).x == pytest.approx(290, abs=0.1)
    with pytest.raises(PhotoError, match=r"sees no face in two, .*--box"):
        first_face(Photo("two", white), [BOX], network)
    assert first_face(Photo("two", white), [BOX], network, certain=True).side > 0


@pytest.mark.parametrize("depth", [float("nan"), 20.0])
def test_landmarks_that_are_no_face_are_refused(monkeypatch, depth):
    reconstructor = tiny_reconstructor(monkeypatch)
    with torch.no_grad():
        reconstructor.encoder.place[2] *= depth
    with pytest.raises(PhotoError, match=r"sees no face in ramp, .*--box"):
        first_face(Photo("ramp", RAMP), [BOX], reconstructor, certain=True)
