"""Faces and photos in one batch: what each sample knows, who takes which, and where a stopped epoch goes on."""

from dataclasses import replace
from io import BytesIO
from itertools import chain
from pathlib import Path

import numpy as np
import pytest
import torch

from hiface_pl.assets.manifest import MANIFEST
from hiface_pl.data.crop import Crop
from hiface_pl.data.mixed import MixedDataset
from hiface_pl.data.mixed_faces import MixedFaces
from hiface_pl.data.mixed_order import MixedOrder, MixedShares
from hiface_pl.data.photos.open_photos import OPEN_PHOTOS, SPLITS, assets_of, unpack
from hiface_pl.data.photos.photo_dataset import PhotoDataset
from hiface_pl.data.photos.photo_store import PhotoStore
from hiface_pl.data.store_writer import StoreWriter
from hiface_pl.data.synthetic import SyntheticDataset
from hiface_pl.errors import ConfigError, StoreError
from tests.data.fakes import fake_meta, fake_sample, fake_store
from tests.data.photos.fakes import fake_face, fake_photos, picture, prepared
from tests.fetched import fetched

FACES, PHOTOS = 22, 7


def order(**changed) -> MixedOrder:
    return MixedOrder(**({"faces": FACES, "photos": PHOTOS, "batch_size": 6, "share": 1 / 3, "seed": 5} | changed))


def epochs(chosen: MixedOrder, count: int) -> list[list[list[int]]]:
    found = []
    for epoch in range(count):
        chosen.set_epoch(epoch)
        found.append(list(chosen))
    return found


def test_every_batch_holds_its_share_and_every_photo_comes_as_often() -> None:
    found = epochs(order(), 7)
    assert [len(epoch) for epoch in found] == [5] * 7
    for batch in (batch for epoch in found for batch in epoch):
        assert [index < FACES for index in batch] == [True] * 4 + [False] * 2
    for epoch in found:
        faces = [index for batch in epoch for index in batch if index < FACES]
        assert len(set(faces)) == len(faces) == 20
    photos = [index - FACES for epoch in found for batch in epoch for index in batch if index >= FACES]
    assert np.bincount(photos, minlength=PHOTOS).tolist() == [10] * PHOTOS, "70 photos in 35 steps are ten passes over seven"
    assert all(set(photos[first : first + PHOTOS]) == set(range(PHOTOS)) for first in range(0, 70, PHOTOS))
    assert photos[:PHOTOS] != photos[PHOTOS : 2 * PHOTOS]


def test_processes_share_what_one_would_take() -> None:
    alone = epochs(order(batch_size=12), 3)
    shares = [epochs(order(rank=rank, world=2), 3) for rank in (0, 1)]
    for whole, first, second in zip(*([*chain(*found)] for found in (alone, *shares)), strict=True):
        assert whole == first[:4] + second[:4] + first[4:] + second[4:]
        assert len(first) == len(second) == 6


def test_an_order_goes_on_anywhere() -> None:
    whole = [batch for epoch in epochs(order(), 3) for batch in epoch]
    for done in range(15):
        resumed = order()
        resumed.go_on_from(*divmod(done, 5))
        rest = list(resumed)
        for epoch in range(done // 5 + 1, 3):
            resumed.set_epoch(epoch)
            rest += list(resumed)
        assert rest == whole[done:]


@pytest.mark.parametrize("share", [0.0, 0.05, 0.95, 1.0])
def test_a_batch_without_room_for_both_is_refused(share: float) -> None:
    with pytest.raises(ConfigError, match=r"a batch of 6 with a share of .* holds [06] photos"):
        order(share=share)


def test_the_paper_s_batches() -> None:
    paper = MixedOrder(200_000, 400_000, 40, 2 / 3, 0, rank=3, world=8)
    assert (paper.batch_size, paper.own) == (13, 27)
    assert len(paper) * 27 * 8 == pytest.approx(400_000, rel=0.05), "an epoch sees about every photo once"
    batch = next(iter(paper))
    assert len(batch) == 40


def test_measuring_keeps_kinds_apart_and_takes_each_sample_once() -> None:
    shares = [list(MixedShares(5, 4, 2, rank, 2)) for rank in (0, 1)]
    assert len(shares[0]) == len(shares[1])
    taken = [index for share in shares for batch in share for index in batch]
    assert sorted(taken) == list(range(9))
    assert all(max(batch) < 5 or min(batch) >= 5 for share in shares for batch in share)


@pytest.fixture
def stores(tmp_path: Path) -> dict[str, Path]:
    found = {split: fake_store(tmp_path / split, fake_meta(count, split=split)) for split, count in (("train", FACES), ("val", 5))}
    return found | {"photos": fake_photos(tmp_path / "photos", PHOTOS), "photos_val": fake_photos(tmp_path / "held-out", 3)}


def module(stores: dict[str, Path], tmp_path: Path, **options) -> MixedFaces:
    given = {"image_size": 16, "batch_size": 6, "photos_share": 1 / 3, "workers": 0, "test": tmp_path / "test"} | options
    data = MixedFaces(**(stores | given))
    data.setup("fit")
    return data


def test_a_mixed_batch_says_what_each_sample_knows(stores: dict[str, Path]) -> None:
    faces = SyntheticDataset(stores["train"])
    mixed = MixedDataset(faces, PhotoDataset(PhotoStore(stores["photos"]), faces.store.layout))
    batch = mixed.pack(mixed.__getitems__([3, FACES + 2, 8])).unpack()
    labels, photo = batch.labels, fake_face(2)
    assert batch.index.tolist() == [3, 8, FACES + 2]
    assert labels.has_geometry.tolist() == labels.has_detail.tolist() == labels.has_landmarks.tolist() == [True, True, False]
    assert labels.has_age.tolist() == [True] * 3
    assert labels.seen.known.tolist() == [False, False, True]
    torch.testing.assert_close(labels.seen.points[2], torch.from_numpy(photo.landmarks))
    torch.testing.assert_close(labels.seen.identity[2], torch.from_numpy(photo.identity))
    torch.testing.assert_close(labels.age[2], torch.from_numpy(photo.age))
    assert (labels.mask[2, 0].numpy() == photo.skin).all()
    assert not labels.seen.points[:2].any()
    assert not labels.coefficients.identity[2].any()
    alone = mixed.pack(mixed.__getitems__([FACES + 2])).unpack()
    torch.testing.assert_close(alone.image[0], batch.image[2])
    assert mixed.pack(mixed.__getitems__([3])).unpack().labels.seen is None


def test_what_lies_beyond_the_bases_stays_with_the_faces(tmp_path: Path, stores: dict[str, Path]) -> None:
    faces = SyntheticDataset(fake_store(tmp_path / "outside", fake_meta(4).__class__(**vars(fake_meta(4)) | {"detail": "outside"})))
    mixed = MixedDataset(faces, PhotoDataset(PhotoStore(stores["photos"]), faces.store.layout))
    labels = mixed.pack(mixed.__getitems__([0, 4])).unpack().labels
    assert labels.residual[0].any()
    assert not labels.residual[1].any()


def test_the_data_module_mixes_training_and_measures_photos_apart(stores: dict[str, Path], tmp_path: Path) -> None:
    data = module(stores, tmp_path)
    train = [batch.unpack() for batch in data.train_dataloader()]
    assert [batch.labels.seen.known.tolist() for batch in train] == [[False] * 4 + [True] * 2] * 5
    measured = [batch.unpack().labels for batch in data.val_dataloader()]
    assert [(labels.seen is None, len(labels.has_age)) for labels in measured] == [(True, 5), (False, 3)]


def test_loader_processes_give_the_same_batches(stores: dict[str, Path], tmp_path: Path) -> None:
    one, other = (list(module(stores, tmp_path, workers=workers).train_dataloader()) for workers in (0, 2))
    for first, second in zip(one, other, strict=True):
        assert torch.equal(first.unpack().image, second.unpack().image)


def test_without_photos_it_is_the_synthetic_half(stores: dict[str, Path], tmp_path: Path) -> None:
    data = module(stores | {"photos": None, "photos_val": None}, tmp_path)
    batch = next(iter(data.train_dataloader())).unpack()
    assert batch.labels.seen is None
    assert batch.labels.has_geometry.all()
    assert len(batch.index) == 6


def test_hidden_labels_keep_the_images_and_what_networks_see_in_them(stores: dict[str, Path], tmp_path: Path) -> None:
    data = module(stores | {"seen": fake_photos(tmp_path / "seen", 20)}, tmp_path, hide_labels=True)
    labels = next(iter(data.train_dataloader())).unpack().labels
    assert not (labels.has_geometry | labels.has_detail | labels.has_landmarks).any()
    assert labels.seen.known.all()
    assert labels.has_age.all()
    assert next(iter(data.val_dataloader())).unpack().labels.has_geometry.all()


def test_a_synthetic_store_becomes_photos_image_by_image(tmp_path: Path) -> None:
    """Kept whole, one face each; an image in which no face is found is left out by its number."""
    meta = fake_meta(3, image_size=64)
    writer = StoreWriter(tmp_path / "train", meta)
    boxes = {0: [(10, 8, 40, 44)], 1: [], 2: [(6, 6, 30, 40), (44, 44, 14, 14)]}
    for index, found in boxes.items():
        file = BytesIO()
        picture(*found, size=(64, 64)).save(file, "JPEG", quality=95, subsampling=0)
        writer.put([(index, meta.layout.pack(replace(fake_sample(index, meta), jpeg=file.getvalue())))])
    writer.finish()
    report = prepared(tmp_path / "seen", tmp_path / "train", every=10)
    assert (report.photos, report.faces) == (3, 2)
    assert [(Path(name).name, what.reason) for name, what in report.left_out] == [("train#1", "no face")]
    face = PhotoStore(tmp_path / "seen").read(1)
    assert (face.photo.rpartition("/")[2], face.place) == ("train#2", Crop.whole(64))
    assert face.landmarks[:, 0].max() < 0.6, "points are those of the whole image, not of a crop around them"


def test_people_of_open_photos_are_in_one_split() -> None:
    people = {split: {photo.person for photo in OPEN_PHOTOS if photo.split == split} for split in SPLITS}
    assert not people["train"] & people["val"]
    assert {"train", "val"} == set(people) == {photo.split for photo in OPEN_PHOTOS}
    assert {entry.name for entry in MANIFEST} >= set(assets_of())


def test_open_photos_are_unpacked_by_split_and_person(tmp_path: Path) -> None:
    for name in assets_of():
        fetched(name)
    unpack(tmp_path)
    assert len(list((tmp_path / "val" / "man-who-smiles").iterdir())) == 19
    assert (tmp_path / "val" / "astronaut" / "astronaut.png").is_file()
    assert not list(tmp_path.rglob("*.mp4")), "clips become frames"
    assert len(list((tmp_path / "train").iterdir())) == 7


@pytest.mark.parametrize(
    ("missing", "command"),
    [
        ("photos", "hiface-pl data prepare PHOTOS --people --image-size 16"),
        ("photos_val", "hiface-pl data prepare PHOTOS --people --image-size 16"),
        ("seen", r"hiface-pl data prepare \S*train --image-size 16 --sharp 0"),
    ],
)
def test_a_missing_store_names_its_command(stores: dict[str, Path], tmp_path: Path, missing: str, command: str) -> None:
    with pytest.raises(StoreError, match=rf"there is no store of photos .*: make it with `{command} --out"):
        module(stores | {missing: tmp_path / "nothing"}, tmp_path, hide_labels=missing == "seen")


def test_photos_of_another_size_are_refused(stores: dict[str, Path], tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="holds photos of 32 px, asked for are 16 px"):
        module(stores | {"photos": fake_photos(tmp_path / "large", 3, 32)}, tmp_path)


def test_hidden_labels_need_what_networks_saw(stores: dict[str, Path], tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"data\.hide_labels needs data\.seen"):
        module(stores, tmp_path, hide_labels=True)
