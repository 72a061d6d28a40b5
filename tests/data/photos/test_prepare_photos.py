"""The whole command on photos, with the fetched networks."""

import csv
import itertools

import numpy as np
import pytest
from PIL import Image, ImageFilter
from skimage import data

from hiface_pl.assets.manifest import assets_named
from hiface_pl.cli.main import main
from hiface_pl.data.crop import Crop
from hiface_pl.data.photos.photo_store import PhotoStore
from hiface_pl.perception.landmark_points import IBUG_68, LEFT_EYE_OUTER, RIGHT_EYE_OUTER
from tests.fetched import fetched

EYES = np.array([[193.5, 100.5], [258.0, 104.0]])
"""Outer corners of the astronaut's eyes in her photo of 512 pixels, read off it."""
FORMATS = {"jpg": "RGB", "png": "RGB", "tiff": "CMYK", "bmp": "L", "webp": "RGBA", "gif": "P", "jp2": "RGB"}
TURNS = {3: Image.Transpose.ROTATE_180, 6: Image.Transpose.ROTATE_90, 8: Image.Transpose.ROTATE_270}


@pytest.fixture(scope="module", autouse=True)
def _networks():
    for entry in assets_named(["perception"]):
        fetched(entry.name)


def good_photos(folder):
    """Fifty pictures of the astronaut: kinds of files, sizes, camera rotations, 16 bits, two frames of an animation."""
    astronaut = Image.fromarray(data.astronaut())
    folder.mkdir()
    for (suffix, mode), side in itertools.product(FORMATS.items(), (448, 480, 512, 560, 600)):
        astronaut.resize((side, side)).convert(mode).save(folder / f"{suffix}-{side}.{suffix}")
    for turn, side in itertools.product(TURNS, (450, 512, 570, 700)):
        turned = astronaut.resize((side, side)).transpose(TURNS[turn])
        exif = turned.getexif()
        exif[0x0112] = turn
        turned.save(folder / f"turned{turn}-{side}.jpg", exif=exif)
    grey = np.asarray(astronaut.convert("L")).astype(np.uint16)
    Image.fromarray(grey * 257).save(folder / "sixteen.png")
    astronaut.convert("P").save(folder / "moving.gif", save_all=True, append_images=[Image.new("P", (512, 512))])
    astronaut.resize((5000, 5000)).save(folder / "large.jpg")
    return len(list(folder.iterdir()))


def broken_photos(folder):
    """Fifteen files that give no sample, with the reason for each."""
    astronaut = Image.fromarray(data.astronaut())
    whole = {suffix: next(folder.glob(f"{suffix}-512.*")).read_bytes() for suffix in ("jpg", "png", "webp", "gif", "jp2")}
    for suffix, content in whole.items():
        (folder / f"cut.{suffix}").write_bytes(content[: len(content) // 3])
    (folder / "text.jpg").write_text("no picture")
    (folder / "empty.png").write_bytes(b"")
    (folder / "notes.txt").write_text("about the photos")
    (folder / "clip.mp4").write_bytes(bytes(5000))
    Image.new("RGB", (1, 1)).save(folder / "one.png")
    Image.new("1", (20000, 9000)).save(folder / "huge.png")
    Image.new("RGB", (20000, 400)).save(folder / "long.jpg")
    Image.fromarray(data.coffee()).save(folder / "coffee.jpg")
    astronaut.resize((200, 200)).save(folder / "small.jpg")
    astronaut.filter(ImageFilter.GaussianBlur(4)).save(folder / "blurred.jpg")
    unreadable = {f"cut.{suffix}" for suffix in whole} | {"text.jpg", "empty.png", "notes.txt", "clip.mp4#0", "huge.png"}
    return dict.fromkeys(unreadable, "unreadable") | {
        "one.png": "too small",
        "small.jpg": "too small",
        "long.jpg": "no face",
        "coffee.jpg": "no face",
        "blurred.jpg": "too blurred",
    }


def test_fifty_good_and_fifteen_broken_files(tmp_path, capsys):
    folder, store = tmp_path / "photos", tmp_path / "store"
    assert good_photos(folder) == 50
    reasons = broken_photos(folder)
    assert len(reasons) == 15
    command = ["data", "prepare", str(folder), "--out", str(store)]
    assert main(command) == 0
    said = capsys.readouterr().err
    rows = list(csv.DictReader((store / "left_out.csv").open()))
    assert {row["photo"].rpartition("/")[2]: row["reason"] for row in rows} == reasons
    assert all(f"/{name}" in said for name in reasons)
    assert "50 faces of 50 of 65 photos" in said
    check_faces(PhotoStore(store))
    written = (store / "data.mdb").stat().st_mtime_ns
    assert main(command) == 0
    assert "is finished already: 50 faces of 65 photos" in capsys.readouterr().err
    assert (store / "data.mdb").stat().st_mtime_ns == written


def check_faces(store):
    """Whatever the file was, it is the same face at the same place of the crop, and the crop is the one that inference takes."""
    faces = store.faces(list(range(len(store))))
    first = next(face for face in faces if face.photo.endswith("png-512.png"))
    np.testing.assert_allclose(first.place.to_image(first.landmarks[[RIGHT_EYE_OUTER, LEFT_EYE_OUTER]].astype(float)), EYES, atol=2)
    again = Crop.around(first.landmarks[list(IBUG_68)].astype(float))
    np.testing.assert_allclose([again.x, again.y, again.side], [0.5, 0.5, 1], atol=1e-4)
    assert first.skin.mean() > 0.25
    coloured = [face for face in faces if not any(word in face.photo for word in ("bmp", "sixteen", "gif"))]
    for face in faces:
        assert np.abs(face.landmarks - first.landmarks).mean() < 0.02, face.photo
        assert face.age.sum() == pytest.approx(1, abs=1e-4)
    for face in coloured:
        assert np.linalg.norm(face.identity - first.identity) < 0.4, face.photo
        assert np.abs(face.image.astype(float) - first.image).mean() < 14, face.photo
