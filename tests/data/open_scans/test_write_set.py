import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

import pytest

from hiface_pl.cli.main import main
from hiface_pl.data.open_scans import write_set as module
from hiface_pl.data.open_scans.layout import META, SCALES, region_path, truth_path
from hiface_pl.data.open_scans.meta import read_meta
from hiface_pl.data.open_scans.write_set import write_set
from hiface_pl.data.store_file import partial_folder
from hiface_pl.data.writer_lock import WriterLock
from hiface_pl.errors import EvaluationError, StoreError
from hiface_pl.synthesis.generator import Generator
from tests.data.open_scans.making import FACTORY
from tests.synthesis.fakes import tiny_layers
from tests.tiny import tiny_assets


def tiny_factory(seed=0, split="open-scans"):
    return Generator(tiny_assets(), 32, seed, split, "outside", tiny_layers())


class FakeMaker:
    """Files of the right names with the subject's number in them; stops before subject `stop`."""

    stop = 0
    made: ClassVar[list[int]] = []

    def __init__(self, generator):
        self.seed = generator.seed

    def make(self, subject):
        if subject == self.stop:
            raise KeyboardInterrupt
        self.made.append(subject)
        return {path: f"{self.seed} {subject}".encode() for path in (region_path(subject, "nose"), truth_path(subject))}


@pytest.fixture(autouse=True)
def fake(request, monkeypatch):
    if "slow" not in request.keywords:
        monkeypatch.setattr(module, "SubjectMaker", FakeMaker)
        monkeypatch.setattr(FakeMaker, "made", [])
    return FakeMaker


def contents(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_a_set_is_written_and_says_what_it_is(tmp_path):
    told = []
    meta = write_set(tmp_path / "set", tiny_factory, 3, progress=lambda *done: told.append(done))
    assert told == [(1, 3), (2, 3), (3, 3)]
    assert read_meta(tmp_path / "set") == meta
    assert meta.subjects == 3
    assert json.loads((tmp_path / "set" / META).read_text())["name"] == "open-scans"
    assert [6 < float(line) < 10.5 for line in (tmp_path / "set" / SCALES).read_text().split()] == [True] * 3
    assert set(contents(tmp_path / "set")) == {
        META,
        SCALES,
        *(str(path) for subject in (1, 2, 3) for path in (region_path(subject, "nose"), truth_path(subject))),
    }
    assert not partial_folder(tmp_path / "set").exists()


def test_an_interrupted_set_is_gone_on_with(tmp_path, monkeypatch, fake):
    monkeypatch.setattr(fake, "stop", 3)
    with pytest.raises(KeyboardInterrupt):
        write_set(tmp_path / "set", tiny_factory, 4)
    assert not (tmp_path / "set").exists()
    begun = partial_folder(tmp_path / "set")
    (begun / truth_path(1).parent / ".3-half-written.npz").write_bytes(b"...")
    (begun / region_path(3, "nose")).parent.mkdir()
    (begun / region_path(3, "nose")).write_bytes(b"of a subject without truth")
    monkeypatch.setattr(fake, "stop", 0)
    write_set(tmp_path / "set", tiny_factory, 4)
    assert fake.made == [1, 2, 3, 4]
    write_set(tmp_path / "other", tiny_factory, 4)
    assert contents(tmp_path / "set") == contents(tmp_path / "other")


def test_a_finished_set_is_left_as_it_is(tmp_path, fake):
    write_set(tmp_path / "set", tiny_factory, 2)
    write_set(tmp_path / "set", tiny_factory, 2)
    assert fake.made == [1, 2]


def test_other_settings_and_other_folders_are_refused(tmp_path, monkeypatch, fake):
    write_set(tmp_path / "set", tiny_factory, 2)
    with pytest.raises(StoreError, match=r"holds another open scan set .2 subjects of seed 0.*remove it or name another"):
        write_set(tmp_path / "set", tiny_factory, 3)
    (tmp_path / "mine").mkdir()
    with pytest.raises(StoreError, match="mine exists and is not an open scan set"):
        write_set(tmp_path / "mine", tiny_factory, 2)
    monkeypatch.setattr(fake, "stop", 2)
    with pytest.raises(KeyboardInterrupt):
        write_set(tmp_path / "begun", tiny_factory, 2)
    with pytest.raises(StoreError, match=r"was begun with other settings .2 subjects of seed 0"):
        write_set(tmp_path / "begun", lambda: tiny_factory(seed=1), 2)
    with pytest.raises(ValueError, match="split open-scans"):
        write_set(tmp_path / "new", lambda: tiny_factory(split="test"), 2)


def test_two_writers_do_not_meet(tmp_path):
    begun = partial_folder(tmp_path / "set")
    begun.mkdir()
    lock = WriterLock(begun / module.LOCK, tmp_path / "set")
    with pytest.raises(StoreError, match="is being written by process"):
        write_set(tmp_path / "set", tiny_factory, 2)
    lock.release()
    write_set(tmp_path / "set", tiny_factory, 2)


def test_folders_that_are_no_sets_are_named(tmp_path):
    with pytest.raises(EvaluationError, match=r"it has no open_scans\.json: make one with"):
        read_meta(tmp_path)
    meta = write_set(tmp_path / "set", tiny_factory, 1)
    (tmp_path / "set" / META).write_text(replace(meta, format=99).to_json())
    with pytest.raises(EvaluationError, match="is of format 99, this version reads 1"):
        read_meta(tmp_path / "set")
    (tmp_path / "set" / META).write_text("{")
    with pytest.raises(EvaluationError, match="cannot be read"):
        read_meta(tmp_path / "set")


@pytest.mark.parametrize("option", [["--subjects", "0"], ["--seed", "-1"], ["--jobs", "x"], []])
def test_bad_options_end_in_exit_code_2(option, tmp_path, capsys):
    out = ["--out", str(tmp_path / "set")] if option else []
    assert main(["data", "open-scans", *option, *out]) == 2
    assert "hiface-pl data open-scans: error" in capsys.readouterr().err


def test_a_file_in_the_way_is_said(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="file exists and is not an open scan set"):
        write_set(tmp_path / "file", tiny_factory, 1)


@pytest.mark.slow
def test_killed_it_goes_on_and_any_number_of_processes_writes_the_same(tmp_path):
    command = [sys.executable, "-m", "tests.data.open_scans.making", str(tmp_path / "set"), "3", "2"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True)
    assert process.stdout.readline() == "1\n"
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    assert (partial_folder(tmp_path / "set") / truth_path(1)).exists()
    assert not (tmp_path / "set").exists()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    write_set(tmp_path / "single", FACTORY, 3)
    assert contents(tmp_path / "set") == contents(tmp_path / "single")
    assert len(contents(Path(tmp_path / "single"))) == 3 * (1 + 4 + 7 + 1) + 2
