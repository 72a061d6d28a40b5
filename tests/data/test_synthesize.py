from functools import partial

import numpy as np
import pytest

from hiface_pl.cli.main import main
from hiface_pl.data.contact_sheet import contact_sheet
from hiface_pl.data.engines.local import LocalEngine
from hiface_pl.data.handles import opened
from hiface_pl.data.store import SampleStore
from hiface_pl.data.synthesize import write_store
from hiface_pl.synthesis.generator import Generator
from tests.data.fakes import fake_store
from tests.synthesis.fakes import tiny_generator

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
