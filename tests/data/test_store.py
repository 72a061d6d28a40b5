import pickle
from dataclasses import replace

import lmdb
import numpy as np
import pytest

from hiface_pl.data.store import SampleStore
from hiface_pl.data.store_file import partial_folder
from hiface_pl.data.store_meta import StoreMeta
from hiface_pl.data.store_writer import StoreWriter
from hiface_pl.errors import StoreError
from tests.data.fakes import fake_meta, fake_sample, fake_store
from tests.tiny import tiny_assets


def overwrite(path, key, change):
    with lmdb.open(str(path), map_size=1 << 24) as environment, environment.begin(write=True) as transaction:
        transaction.put(key, change(transaction.get(key)))


@pytest.mark.parametrize("detail", ["inside", "outside"])
def test_what_was_written_comes_back(tmp_path, detail):
    meta = replace(fake_meta(), detail=detail)
    store = SampleStore(fake_store(tmp_path / "store", meta))
    for index in range(len(store)):
        written, read = fake_sample(index, meta), store.read(index)
        for name, value in vars(written).items():
            np.testing.assert_array_equal(getattr(read, name), value, err_msg=name)
    assert store.read(0, depth=False).depth is None


def test_store_travels_to_other_processes(tmp_path):
    store = SampleStore(fake_store(tmp_path / "store"))
    store.read(0)
    assert pickle.loads(pickle.dumps(store)).read(3).age == 23


def test_meta_survives_json():
    meta = replace(fake_meta(), finished=True)
    assert StoreMeta.from_json(meta.to_json()) == meta


def test_a_flipped_bit_is_found_and_named(tmp_path):
    path = fake_store(tmp_path / "store")
    overwrite(path, (3).to_bytes(8, "big"), lambda record: record[:200] + bytes([record[200] ^ 1]) + record[201:])
    store = SampleStore(path)
    store.read(2)
    with pytest.raises(StoreError, match=r"sample 3 .* corrupt"):
        store.read(3)


def test_a_record_cut_short_is_found(tmp_path):
    path = fake_store(tmp_path / "store")
    overwrite(path, (1).to_bytes(8, "big"), lambda record: record[:3])
    with pytest.raises(StoreError, match="sample 1 "):
        SampleStore(path).read(1)


def test_an_index_beyond_the_store_is_named(tmp_path):
    with pytest.raises(StoreError, match="sample 5 is missing"):
        SampleStore(fake_store(tmp_path / "store")).read(5)


def test_a_missing_store_names_the_command(tmp_path):
    with pytest.raises(StoreError, match="hiface-pl data synth"):
        SampleStore(tmp_path / "none")


def test_another_lmdb_folder_is_refused(tmp_path):
    with lmdb.open(str(tmp_path / "other")) as environment, environment.begin(write=True) as transaction:
        transaction.put(b"a", b"b")
    with pytest.raises(StoreError, match="not a sample store"):
        SampleStore(tmp_path / "other")


def test_an_unfinished_store_is_refused_then_resumed(tmp_path):
    meta, path = fake_meta(), tmp_path / "store"

    def broken():
        yield 0, meta.layout.pack(fake_sample(0, meta))
        yield 3, meta.layout.pack(fake_sample(3, meta))
        raise KeyboardInterrupt

    writer = StoreWriter(path, meta)
    with pytest.raises(KeyboardInterrupt):
        writer.put(broken())
    with pytest.raises(StoreError, match="lacks 3 samples, the first is 1"):
        writer.finish()
    writer.close()
    with pytest.raises(StoreError, match="unfinished"):
        SampleStore(path)
    again = StoreWriter(path, meta)
    assert again.missing() == [1, 2, 4]
    again.put((index, meta.layout.pack(fake_sample(index, meta))) for index in again.missing())
    again.finish()
    assert [SampleStore(path).read(index).age for index in range(5)] == [20, 21, 22, 23, 24]
    assert not partial_folder(path).exists()


def test_a_store_begun_with_other_settings_is_not_continued(tmp_path):
    StoreWriter(tmp_path / "store", fake_meta()).close()
    with pytest.raises(StoreError, match="other settings"):
        StoreWriter(tmp_path / "store", replace(fake_meta(), seed=1))


def test_a_finished_store_is_not_overwritten(tmp_path):
    path = fake_store(tmp_path / "store")
    with pytest.raises(StoreError, match="exists already"):
        StoreWriter(path, fake_meta())


def test_the_file_grows_when_it_is_full(tmp_path, monkeypatch):
    monkeypatch.setattr("hiface_pl.data.store_folder.FIRST_MAP_SIZE", 1 << 16)
    store = SampleStore(fake_store(tmp_path / "store", fake_meta(count=100)))
    assert store.read(99).age == 119


def test_other_sizes_and_models_are_refused(tmp_path, monkeypatch):
    store = SampleStore(fake_store(tmp_path / "store"))
    store.require(image_size=16, assets=tiny_assets())
    with pytest.raises(StoreError, match=r"16 px, asked for are 224 px.*--image-size 224"):
        store.require(image_size=224)
    with pytest.raises(StoreError, match="face model"):
        store.require(assets=tiny_assets(seed=1))
    monkeypatch.setattr("hiface_pl.data.store.BASES", store.meta.bases + 1)
    with pytest.raises(StoreError, match="other displacement"):
        store.require(assets=tiny_assets())
