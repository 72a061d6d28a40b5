import numpy as np
import pytest
from PIL import Image

from hiface_pl.errors import PhotoError
from hiface_pl.inference.photo import read_photo

RED_LEFT = np.zeros((40, 60, 3), np.uint8)
RED_LEFT[:, :30, 0] = 200


def test_camera_rotation_is_applied(tmp_path):
    image = Image.fromarray(RED_LEFT)
    exif = image.getexif()
    exif[0x0112] = 6  # turn clockwise to show upright
    image.save(tmp_path / "turned.png", exif=exif)
    pixels = read_photo(tmp_path / "turned.png").pixels
    assert pixels.shape == (60, 40, 3)
    assert pixels[10, 20, 0] == 200
    assert pixels[50, 20, 0] == 0


@pytest.mark.parametrize("mode", ["L", "1", "P", "CMYK", "YCbCr", "RGB"])
def test_modes_become_rgb(tmp_path, mode):
    Image.fromarray(RED_LEFT).convert(mode).save(tmp_path / "photo.tiff")
    pixels = read_photo(tmp_path / "photo.tiff").pixels
    assert pixels.shape == (40, 60, 3)
    assert pixels.dtype == np.uint8
    assert pixels[:, :25].mean() > pixels[:, 35:].mean() + 20


def test_sixteen_bits_keep_their_brightness(tmp_path):
    Image.fromarray(np.full((40, 40), 0x8080, np.uint16)).save(tmp_path / "grey.png")
    assert np.unique(read_photo(tmp_path / "grey.png").pixels).tolist() == [0x80]
    Image.fromarray(np.full((40, 40), 0.5, np.float32)).save(tmp_path / "float.tiff")
    assert np.unique(read_photo(tmp_path / "float.tiff").pixels).tolist() == [128]


def test_transparency_becomes_grey(tmp_path):
    image = np.dstack([RED_LEFT, np.full(RED_LEFT.shape[:2], 255, np.uint8)])
    image[:, 30:, 3] = 0
    Image.fromarray(image).save(tmp_path / "clear.png")
    pixels = read_photo(tmp_path / "clear.png").pixels
    assert pixels[0, 59].tolist() == [128, 128, 128]
    assert pixels[0, 0].tolist() == [200, 0, 0]


def test_unreadable_photos_are_named(tmp_path):
    with pytest.raises(PhotoError, match=r"no photo .*absent.png"):
        read_photo(tmp_path / "absent.png")
    (tmp_path / "text.jpg").write_text("not a picture")
    with pytest.raises(PhotoError, match=r"text.jpg.*known kind"):
        read_photo(tmp_path / "text.jpg")
    with pytest.raises(PhotoError, match="cannot read"):
        read_photo(tmp_path)
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (200, 200, 3), dtype=np.uint8)).save(tmp_path / "whole.png")
    (tmp_path / "cut.png").write_bytes((tmp_path / "whole.png").read_bytes()[:2000])
    with pytest.raises(PhotoError, match=r"cut.png"):
        read_photo(tmp_path / "cut.png")
    Image.fromarray(RED_LEFT[:8, :8]).save(tmp_path / "small.png")
    with pytest.raises(PhotoError, match="8x8 pixels, too small"):
        read_photo(tmp_path / "small.png")
