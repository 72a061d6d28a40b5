import csv
import json
import subprocess
import sys

import cv2
import lmdb
import numpy as np
import pytest
from PIL import Image
from skimage import data

from hiface_pl.data.crop import Crop
from hiface_pl.data.photos.photo_store import PhotoStore
from hiface_pl.data.photos.prepare import PrepareSettings, is_finished
from hiface_pl.data.photos.quality import SHARP, sharpness
from hiface_pl.data.photos.sources import find_sources
from hiface_pl.data.store_file import key_of, partial_folder
from hiface_pl.errors import ConfigError, PhotoError, StoreError
from hiface_pl.inference.aligner import cut
from tests.data.photos.fakes import SIZE, fake_perception, picture, prepared
from tests.data.test_survival import contents

FACE = (40, 30, 50, 60)


@pytest.fixture
def photos(tmp_path):
    """Two people's folders: three good photos, one with two faces, one of nothing, and three files that are no good photos."""
    folder = tmp_path / "photos"
    for person in ("ann", "bob"):
        (folder / person).mkdir(parents=True)
    picture(FACE).save(folder / "ann" / "1.png")
    picture(FACE, (110, 40, 30, 40)).save(folder / "ann" / "2.png")
    picture((60, 20, 50, 60)).convert("L").convert("RGB").save(folder / "bob" / "grey.png")
    picture(FACE).save(folder / "bob" / "3.png")
    (folder / "bob" / "text.jpg").write_text("no picture")
    picture(FACE).save(folder / "whole.png")
    (folder / "cut.png").write_bytes((folder / "whole.png").read_bytes()[:3000])
    Image.new("RGB", (1, 1)).save(folder / "one.png")
    (folder / ".hidden.png").write_text("not looked at")
    return folder


def test_good_ones_are_kept_and_the_others_named(photos, tmp_path):
    report = prepared(tmp_path / "store", photos)
    assert (report.photos, report.used, report.faces) == (8, 4, 5)
    rows = list(csv.DictReader((tmp_path / "store" / "left_out.csv").open()))
    named = {row["photo"].rpartition("/")[2]: row["reason"] for row in rows}
    assert named == {"grey.png": "no face", "text.jpg": "unreadable", "cut.png": "unreadable", "one.png": "too small"}
    summary = json.loads((tmp_path / "store" / "report.json").read_text())
    assert summary["left_out"] == {"unreadable": 2, "no face": 1, "too small": 1}
    assert Image.open(tmp_path / "store" / "sheet.png").width > 500
    assert {path.name for path in (tmp_path / "store").iterdir()} == {"data.mdb", "left_out.csv", "report.json", "sheet.png"}
    assert PhotoStore(tmp_path / "store").report() == report


def test_what_is_known_of_a_face_comes_back(photos, tmp_path):
    prepared(tmp_path / "store", photos, people=True)
    store = PhotoStore(tmp_path / "store")
    assert [(face.photo.rpartition("/")[2], face.face, face.person) for face in store.faces(list(range(5)))] == [
        ("whole.png", 0, "photos"),
        ("1.png", 0, "ann"),
        ("2.png", 0, "ann"),
        ("2.png", 1, "ann"),
        ("3.png", 0, "bob"),
    ]
    face, (expected,) = store.read(1), fake_perception().landmarks.find(np.array(picture(FACE)))
    np.testing.assert_allclose(face.place.to_image(face.landmarks.astype(float)), expected.points, atol=1e-3)
    assert face.image.shape == (SIZE, SIZE, 3)
    np.testing.assert_allclose(face.certainty, 0.9)
    assert face.presence == pytest.approx(0.95)
    assert (face.identity.shape, face.age.shape) == ((128,), (81,))
    assert face.identity[1] - face.identity[0] == pytest.approx(1)
    middle = face.place.to_crop(np.array([[65.0, 60.0]]))[0] * SIZE
    assert face.image[int(middle[1]), int(middle[0]), 0] > 160


def test_skin_ends_where_the_photo_does(tmp_path):
    picture((0, 30, 50, 60)).save(tmp_path / "edge.png")
    prepared(tmp_path / "store", tmp_path / "edge.png")
    face = PhotoStore(tmp_path / "store").read(0)
    beyond = face.place.to_image((np.arange(SIZE)[:, None] + 0.5) / SIZE * [1, 1])[:, 0] < 0
    assert beyond.sum() > 2
    assert not face.skin[:, beyond].any()
    assert face.skin[:, ~beyond].all()


def test_reasons_to_leave_a_face_out(tmp_path):
    picture((40, 30, 50, 60), (110, 40, 20, 16)).save(tmp_path / "small.png")
    report = prepared(tmp_path / "small", tmp_path / "small.png", smallest=60.0)
    assert [(what.face, what.reason) for _, what in report.left_out] == [(1, "too small")]
    assert not prepared(tmp_path / "largest", tmp_path / "small.png", smallest=60.0, largest=True).left_out
    with pytest.raises(PhotoError, match="none of 1 photos shows a usable face, too blurred: 2"):
        prepared(tmp_path / "sharp", tmp_path / "small.png", sharp=1e6, smallest=1.0)
    assert (partial_folder(tmp_path / "sharp") / "left_out.csv").exists()


def test_sharpness_tells_blur_and_hardly_light():
    crop = cut(data.astronaut(), Crop(225.0, 120.0, 131.0), 224)
    assert sharpness(crop) > 5 * SHARP
    assert sharpness((crop * 0.3).astype(np.uint8)) == pytest.approx(sharpness(crop), rel=0.1)
    assert sharpness(cv2.GaussianBlur(crop, (0, 0), 2)) > SHARP > sharpness(cv2.GaussianBlur(crop, (0, 0), 4))


def test_interrupted_it_goes_on_and_processes_make_no_difference(photos, tmp_path):
    class StopError(Exception):
        pass

    def stop(done, outcome):
        if done == 5 and outcome is not None:
            raise StopError

    prepared(tmp_path / "whole", photos)
    with pytest.raises(StopError):
        prepared(tmp_path / "parts", photos, told=stop)
    with pytest.raises(StoreError, match="unfinished"):
        PhotoStore(tmp_path / "parts")
    begun = []
    prepared(tmp_path / "parts", photos, told=lambda done, outcome: begun.append(done) if outcome is None else None)
    assert begun == [4]
    assert contents(tmp_path / "parts") == contents(tmp_path / "whole")


def test_killed_it_goes_on(tmp_path):
    for number in range(150):
        picture((20 + number % 60, 30, 50, 60)).save(tmp_path / f"{number:03d}.png")
    told = "told=lambda n, _: print(n, flush=True)"
    code = f"import sys; from tests.data.photos.fakes import prepared; prepared(Path(sys.argv[1]), sys.argv[2], {told})"
    command = [sys.executable, "-c", f"from pathlib import Path; {code}", str(tmp_path / "killed"), f"{tmp_path}/*.png"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    for line in process.stdout:
        if int(line) >= 100:
            process.kill()
            break
    process.communicate()
    begun = []
    prepared(tmp_path / "killed", f"{tmp_path}/*.png", told=lambda done, outcome: begun.append(done) if outcome is None else None)
    assert begun[0] >= 64
    prepared(tmp_path / "whole", f"{tmp_path}/*.png")
    assert contents(tmp_path / "killed") == contents(tmp_path / "whole")


def test_more_processes_make_the_same(tmp_path):
    for number in range(20):
        picture((20 + 2 * number, 30, 50, 60)).save(tmp_path / f"{number:02d}.png")
    prepared(tmp_path / "one", tmp_path)
    prepared(tmp_path / "two", f"{tmp_path}/*.png", jobs=2)
    assert contents(tmp_path / "one") == contents(tmp_path / "two")


def test_a_corrupt_record_is_found(photos, tmp_path):
    prepared(tmp_path / "store", photos)
    with lmdb.open(str(tmp_path / "store")) as environment, environment.begin(write=True) as transaction:
        record = bytearray(transaction.get(key_of(2)))
        record[-100] ^= 1
        transaction.put(key_of(2), bytes(record))
    store = PhotoStore(tmp_path / "store")
    store.read(1)
    with pytest.raises(StoreError, match=r"sample 2 .* corrupt"):
        store.read(2)
    with pytest.raises(StoreError, match="sample 5 is missing"):
        store.read(5)


def test_other_photos_or_settings_are_not_mixed_in(photos, tmp_path):
    sources = find_sources([str(photos)], 1, tmp_path / "store")
    meta = PrepareSettings(image_size=SIZE).meta(sources, "fake")
    assert not is_finished(tmp_path / "store", meta)
    prepared(tmp_path / "store", photos)
    assert is_finished(tmp_path / "store", meta)
    with pytest.raises(StoreError, match="other photos or with other settings"):
        is_finished(tmp_path / "store", PrepareSettings(image_size=64).meta(sources, "fake"))
    picture(FACE).save(photos / "new.png")
    sources = find_sources([str(photos)], 1, tmp_path / "store")
    with pytest.raises(StoreError, match=r"faces of 8 photos.*faces of 9 photos"):
        is_finished(tmp_path / "store", PrepareSettings(image_size=SIZE).meta(sources, "fake"))


def test_places(photos, tmp_path):
    nowhere = tmp_path / "store"
    assert len(find_sources([str(photos), str(photos / "whole.png"), f"{photos}/*.png"], 1, nowhere)) == 8
    assert [source.name for source in find_sources([f"{photos}/ann/*"], 1, nowhere)] == [f"{photos}/ann/{n}.png" for n in (1, 2)]
    assert {source.person for source in find_sources([str(photos / "bob")], 1, nowhere)} == {"bob"}
    prepared(photos / "store", photos)
    assert len(find_sources([str(photos)], 1, photos / "store")) == 8
    with pytest.raises(ConfigError, match="no photo, folder or video"):
        find_sources([str(tmp_path / "absent")], 1, nowhere)
    (tmp_path / "empty").mkdir()
    with pytest.raises(ConfigError, match="no file in"):
        find_sources([str(tmp_path / "empty")], 1, nowhere)


def test_frames_of_a_video(tmp_path):
    video = cv2.VideoWriter(str(tmp_path / "clip.mp4"), cv2.VideoWriter_fourcc(*"mp4v"), 25, (160, 120))
    for number in range(12):
        video.write(cv2.cvtColor(np.array(picture((10 + 6 * number, 30, 50, 60))), cv2.COLOR_RGB2BGR))
    video.release()
    (tmp_path / "broken.mp4").write_text("no video")
    report = prepared(tmp_path / "store", tmp_path / "clip.mp4", tmp_path / "broken.mp4", every=5)
    assert (report.photos, report.faces) == (4, 3)
    assert [(name.rpartition("/")[2], what.reason) for name, what in report.left_out] == [("broken.mp4#0", "unreadable")]
    store = PhotoStore(tmp_path / "store")
    assert [face.photo.rpartition("#")[2] for face in store.faces([0, 1, 2])] == ["0", "5", "10"]
    assert store.read(2).place.x - store.read(0).place.x == pytest.approx(60, abs=3)
    assert partial_folder(tmp_path / "store").exists() is False
