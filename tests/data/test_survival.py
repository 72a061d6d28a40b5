"""What ends the making of a store, and what is left: SIGKILL to all processes, to a worker, to the parent, a full disk, a second writer."""

import contextlib
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import lmdb
import pytest

from hiface_pl.data.handles import opened
from hiface_pl.data.store import SampleStore
from hiface_pl.data.store_file import partial_folder
from hiface_pl.data.store_writer import StoreWriter
from hiface_pl.data.synthesize import write_store
from hiface_pl.errors import StoreError
from tests.data.fakes import fake_meta, fake_sample, fake_store
from tests.data.making import FACTORY

COUNT = 400


def contents(path):
    with opened(path).begin() as transaction:
        return dict(transaction.cursor().iternext())


def started(store, *arguments, count=COUNT, jobs=2):
    command = [sys.executable, "-m", "tests.data.making", str(store), str(count), str(jobs), *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True)


def wait_until(process, done):
    """Reads the process's output until it has written so many samples, and returns how many it said."""
    for line in process.stdout:
        if int(line) >= done:
            return int(line)
    raise AssertionError(f"the process ended before it had written {done} samples")


def children(pid):
    listed = [thread / "children" for thread in Path(f"/proc/{pid}/task").iterdir()]
    return [int(child) for file in listed for child in file.read_text().split()]


def workers(process):
    """The processes of the pool: multiprocessing has one more, which watches over what they share."""
    return [pid for pid in children(process.pid) if "resource_tracker" not in Path(f"/proc/{pid}/cmdline").read_text()]


def gone(pid):
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
    return True


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory):
    path = tmp_path_factory.mktemp("whole") / "store"
    write_store(path, FACTORY, COUNT)
    return contents(path)


def written(store):
    """How many samples an unfinished store holds."""
    with lmdb.open(str(partial_folder(store)), readonly=True, lock=False) as environment:
        return environment.stat()["entries"] - 1


def test_killed_with_all_its_processes_it_goes_on_and_ends_the_same(tmp_path, uninterrupted):
    process = started(tmp_path / "store")
    wait_until(process, 150)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    assert 64 <= written(tmp_path / "store") < COUNT
    write_store(tmp_path / "store", FACTORY, COUNT)
    assert contents(tmp_path / "store") == uninterrupted


@pytest.mark.slow
def test_killed_again_and_again_at_random_moments(tmp_path, uninterrupted):
    store, rng = tmp_path / "store", random.Random(0)
    for _ in range(10):
        process = started(store)
        time.sleep(rng.uniform(0.5, 12))
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
    if not store.exists():
        write_store(store, FACTORY, COUNT)
    assert contents(store) == uninterrupted


def test_processes_end_with_the_one_that_started_them(tmp_path):
    process = started(tmp_path / "store", count=100_000)
    wait_until(process, 20)
    left = workers(process)
    assert len(left) == 2
    process.kill()
    process.wait()
    deadline = time.monotonic() + 200
    while not all(map(gone, left)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert all(map(gone, left))


def test_a_worker_that_the_system_kills_is_named_and_nothing_is_lost(tmp_path):
    process = started(tmp_path / "store", count=100_000)
    said = wait_until(process, 20)
    victim = workers(process)[0]
    os.kill(victim, signal.SIGKILL)
    output, error = process.communicate(timeout=300)
    assert process.returncode == 2
    assert f"process {victim}, killed by SIGKILL" in error
    assert error.count("\n") == 1
    last = int([said, *output.split()][-1])  # nothing more may have been said before the end
    assert written(tmp_path / "store") >= last >= 20


def test_a_full_disk_is_one_sentence_and_what_was_made_is_kept(tmp_path, uninterrupted):
    process = started(tmp_path / "store", 1_000_000, jobs=1)
    _, error = process.communicate()
    assert process.returncode == 2
    assert "free some space" in error
    assert error.count("\n") == 1
    assert 64 <= written(tmp_path / "store") < COUNT
    write_store(tmp_path / "store", FACTORY, COUNT)
    assert contents(tmp_path / "store") == uninterrupted


def test_a_second_writer_is_refused_and_told_of_the_first(tmp_path):
    first = StoreWriter(tmp_path / "store", fake_meta())
    with pytest.raises(StoreError, match=f"being written by process {os.getpid()} on "):
        StoreWriter(tmp_path / "store", fake_meta())
    first.put([(0, fake_meta().layout.pack(fake_sample(0, fake_meta())))])
    first.close()
    second = StoreWriter(tmp_path / "store", fake_meta())
    assert second.missing() == [1, 2, 3, 4]
    second.close()


def test_a_writer_killed_while_it_renamed_the_store_can_be_repeated(tmp_path, monkeypatch):
    meta = fake_meta()
    writer = StoreWriter(tmp_path / "store", meta)
    writer.put((index, meta.layout.pack(fake_sample(index, meta))) for index in range(meta.count))
    monkeypatch.setattr(Path, "replace", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        writer.finish()
    monkeypatch.undo()
    writer.close()
    again = StoreWriter(tmp_path / "store", meta)
    assert again.missing() == []
    again.finish()
    assert SampleStore(tmp_path / "store").read(4).age == 24


def test_a_store_that_changes_while_it_is_read_is_noticed(tmp_path):
    store = SampleStore(fake_store(tmp_path / "store"))
    store.read(0)
    (tmp_path / "store").rename(tmp_path / "former")
    with pytest.raises(StoreError, match="is gone"):
        store.read(0)
    fake_store(tmp_path / "store", fake_meta(count=9))
    with pytest.raises(StoreError, match=r"changed while it was in use .*5 train samples.*9 train samples"):
        store.read(0)


def test_the_same_store_in_another_file_is_read_on(tmp_path):
    store = SampleStore(fake_store(tmp_path / "store"))
    (tmp_path / "store").rename(tmp_path / "former")
    fake_store(tmp_path / "store")
    assert store.read(3).age == 23


def test_a_store_copied_in_part_is_refused(tmp_path):
    path = fake_store(tmp_path / "store", fake_meta(count=100))
    os.truncate(path / "data.mdb", (path / "data.mdb").stat().st_size // 2)
    with pytest.raises(StoreError, match="after a copy that was stopped"):
        SampleStore(path)
