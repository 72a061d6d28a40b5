import pytest

from hiface_pl.data.datamodule import SyntheticFaces
from hiface_pl.errors import StoreError
from tests.data.fakes import fake_meta, fake_store
from tests.tiny import tiny_assets


def module(tmp_path, **options):
    stores = {split: fake_store(tmp_path / split, fake_meta(split=split)) for split in ("train", "val")}
    return SyntheticFaces(**stores, test=tmp_path / "test", **({"image_size": 16, "batch_size": 2, "workers": 0} | options))


def test_loaders_give_batches(tmp_path):
    data = module(tmp_path)
    data.setup("fit")
    train, val = list(data.train_dataloader()), list(data.val_dataloader())
    assert [len(batch.index) for batch in train] == [2, 2]
    assert [index for batch in val for index in batch.index.tolist()] == [0, 1, 2, 3, 4]


def test_workers_give_the_same_batches(tmp_path):
    with_worker, without = (
        module(tmp_path, workers=1),
        SyntheticFaces(*[tmp_path / s for s in ("train", "val", "test")], image_size=16, workers=0),
    )
    for data in (with_worker, without):
        data.setup("validate")
    first, second = next(iter(with_worker.val_dataloader())), next(iter(without.val_dataloader()))
    assert (first.image == second.image[:2]).all()


def test_a_missing_store_names_its_command(tmp_path):
    data = module(tmp_path)
    with pytest.raises(StoreError, match=r"hiface-pl data synth --count 2000 --image-size 16 --seed 0 --split test --out .*/test.*small"):
        data.setup("test")


def test_another_image_size_is_refused(tmp_path):
    with pytest.raises(StoreError, match="16 px"):
        module(tmp_path, image_size=112).setup("fit")


def test_another_face_model_is_refused(tmp_path):
    data = module(tmp_path)
    data.setup("fit")
    data.require_face_model(tiny_assets())
    with pytest.raises(StoreError, match="face model"):
        data.require_face_model(tiny_assets(seed=1))


def test_workers_read_what_the_main_process_has_open(tmp_path):
    data = module(tmp_path, workers=1)
    data.setup("fit")
    before = data.datasets["train"][0]
    images = {index: batch.image[row] for batch in data.train_dataloader() for row, index in enumerate(batch.index.tolist())}
    assert len(images) == 4
    assert (data.datasets["train"][0].image == before.image).all()
