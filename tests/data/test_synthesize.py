from functools import partial

import numpy as np
import pytest

from hiface_pl.cli.main import main
from hiface_pl.data.contact_sheet import contact_sheet
from hiface_pl.data.engines.local import LocalEngine
from hiface_pl.data.engines.work import Work
from hiface_pl.data.estimate import estimate
from hiface_pl.data.handles import opened
from hiface_pl.data.store import SampleStore
from hiface_pl.data.synthesize import write_store
from hiface_pl.data.synthetic import SyntheticDataset
from hiface_pl.synthesis.generator import Generator
from tests.data.fakes import fake_store
from tests.synthesis.fakes import tiny_generator, tiny_layers
from tests.tiny import tiny_assets

COUNT = 18


def contents(path):
    with opened(path).begin() as transaction:
        return dict(transaction.cursor().iternext())


@pytest.fixture(scope="module")
def by_one(tmp_path_factory):
    path = tmp_path_factory.mktemp("one") / "store"
    write_store(path, partial(tiny_generator, 32), COUNT)
    return path


def test_any_number_of_processes_writes_the_same_bytes(by_one, tmp_path):
    write_store(tmp_path / "store", partial(tiny_generator, 32), COUNT, LocalEngine(2))
    assert contents(tmp_path / "store") == contents(by_one)


def test_an_interrupted_store_goes_on_and_ends_the_same(by_one, tmp_path):
    class Interrupted(Generator):
        def sample(self, index):
            if index == 5:
                raise KeyboardInterrupt
            return super().sample(index)

    with pytest.raises(KeyboardInterrupt):
        write_store(tmp_path / "store", partial(tiny_generator, 32, kind=Interrupted), COUNT)
    told = []
    write_store(tmp_path / "store", partial(tiny_generator, 32), COUNT, progress=lambda done, of: told.append((done, of)))
    assert told[0] == (5, COUNT)
    assert told[-1] == (COUNT, COUNT)
    assert contents(tmp_path / "store") == contents(by_one)


def test_what_is_read_is_what_was_drawn(by_one):
    store, generator = SampleStore(by_one), tiny_generator(32)
    for index in (0, COUNT - 1):
        read, drawn = store.read(index), generator.sample(index)
        np.testing.assert_array_equal(read.image, drawn.image)
        np.testing.assert_array_equal(read.identity, drawn.identity)
        np.testing.assert_array_equal(read.depth, drawn.depth)


def test_contact_sheet_has_a_tile_a_sample(by_one):
    sheet = contact_sheet(SampleStore(by_one), 5, columns=2)
    assert sheet.shape == (3 * (32 + 13), 2 * 4 * 32, 3)
    assert sheet[:32, :32].std() > 5
    assert sheet[-40:, -60:].max() == 0  # no sixth sample


def test_show_writes_a_picture(tmp_path):
    assert main(["data", "show", str(fake_store(tmp_path / "store")), "--out", str(tmp_path / "sheet.png")]) == 0
    assert (tmp_path / "sheet.png").stat().st_size > 500


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["show", "NOWHERE", "--out", "sheet.png"], "no sample store"),
        (["synth", "--count", "2", "--out", "STORE", "--face-model", "none.npz"], "no face model file"),
        (["synth", "--count", "2", "--out", "STORE", "--face-model", "hiface_pl.nothing.Here"], "neither open"),
    ],
)
def test_mistakes_are_one_sentence(tmp_path, capsys, arguments, says):
    placed = [str(tmp_path / part) if part in {"NOWHERE", "STORE", "sheet.png", "none.npz"} else part for part in arguments]
    assert main(["data", *placed]) == 2
    assert says in capsys.readouterr().err


def test_synth_makes_a_store_once(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("hiface_pl.cli.data_synth_action.make_generator", lambda *_: tiny_generator(32))
    command = ["data", "synth", "--count", "3", "--image-size", "32", "--out", str(tmp_path / "store")]
    assert main(command) == 0
    written = contents(tmp_path / "store")
    assert main(command) == 0
    assert "finished already" in capsys.readouterr().err
    assert contents(tmp_path / "store") == written
    assert main([*command, "--count", "4"]) == 2
    assert "exists already" in capsys.readouterr().err


def test_ctrl_c_says_how_to_go_on(tmp_path, monkeypatch, capsys):
    class Interrupted(Generator):
        def sample(self, index):
            raise KeyboardInterrupt

    monkeypatch.setattr("hiface_pl.cli.data_synth_action.make_generator", lambda *_: tiny_generator(32, kind=Interrupted))
    assert main(["data", "synth", "--count", "3", "--out", str(tmp_path / "store")]) == 130
    assert "give the same command to go on" in " ".join(capsys.readouterr().err.split())


def test_synth_shows_people_more_than_once_and_stores_say_whom(tmp_path, monkeypatch):
    def grouped(face_model, image_size, seed, split, detail, grouping):
        return Generator(tiny_assets(), image_size, seed, split, detail, tiny_layers(), grouping=grouping)

    monkeypatch.setattr("hiface_pl.cli.data_synth_action.make_generator", grouped)
    command = [
        "data",
        "synth",
        "--count",
        "7",
        "--image-size",
        "32",
        "--views",
        "2",
        "--expressions",
        "2",
        "--out",
        str(tmp_path / "store"),
    ]
    assert main(command) == 0
    dataset = SyntheticDataset(tmp_path / "store")
    assert [dataset.person(index) for index in range(7)] == [0, 0, 0, 0, 1, 1, 1]
    numbers = [item.numbers[dataset.store.layout.columns["identity"]] for item in dataset.__getitems__([0, 3, 4])]
    np.testing.assert_array_equal(numbers[0], numbers[1])
    assert not np.array_equal(numbers[0], numbers[2])
    assert "--views 2 --expressions 2" in dataset.store.meta.command
    with pytest.raises(IndexError, match="sample 7 of a store of 7"):
        dataset.person(7)


def test_a_store_of_single_samples_says_nothing_about_groups(by_one):
    meta = SampleStore(by_one).meta
    assert b"views" not in meta.to_json()
    assert [meta.person(index) for index in range(3)] == [0, 1, 2]


def test_a_dry_run_says_what_a_store_will_take(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("hiface_pl.cli.data_synth_action.make_generator", lambda *_: tiny_generator(32))
    command = ["data", "synth", "--count", "500", "--image-size", "32", "--dry-run", "--out", str(tmp_path / "store")]
    assert main(command) == 0
    shown = capsys.readouterr().out
    assert "500 samples, measured on 32" in shown
    assert all(row in shown for row in ("bytes a sample", "CPU ms a sample", "size", "time on one core", "free on that disk"))
    assert not list(tmp_path.iterdir())
    monkeypatch.setattr("hiface_pl.cli.dry_run.free_bytes", lambda _: 1000)
    assert main(command) == 2
    assert "free some space" in capsys.readouterr().err


def test_the_estimate_is_the_size_of_the_store(tmp_path):
    count = 300
    write_store(tmp_path / "store", partial(tiny_generator, 32), count)
    found = estimate(Work.of(partial(tiny_generator, 32), count))
    assert found.size(count) == pytest.approx((tmp_path / "store" / "data.mdb").stat().st_size, rel=0.06)
    assert found.seconds(count, 2) == pytest.approx(count * found.cpu_ms / 2000)
