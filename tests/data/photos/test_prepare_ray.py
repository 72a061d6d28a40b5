"""Photos looked at by a real Ray cluster of two nodes on this machine, one of which is killed, and what keeps machines from mixing."""

import pickle

import pytest

from hiface_pl.data.engines.ray import RayEngine
from hiface_pl.data.photos.photo_store import PhotoStore
from hiface_pl.data.photos.prepare import PrepareSettings
from hiface_pl.data.photos.sources import Source
from hiface_pl.data.photos.work import NumberedSource, PhotoWork
from hiface_pl.errors import ConfigError, StoreError
from tests.data.photos.fakes import SIZE, fake_perception, picture, prepared
from tests.data.test_survival import contents
from tests.ray_cluster import await_true, cluster_of, nodes_alive

COUNT = 120


@pytest.fixture
def photos(tmp_path):
    """Good ones, one with two faces, and a file that is no picture; the names count from the folder that the command is given in."""
    folder = tmp_path / "photos"
    folder.mkdir()
    for number in range(COUNT):
        picture((20 + number % 60, 30, 50, 60)).save(folder / f"{number:03d}.png")
    picture((10, 30, 50, 60), (110, 40, 30, 40)).save(folder / "two.png")
    (folder / "text.jpg").write_text("no picture")
    return folder


@pytest.mark.slow
@pytest.mark.timeout(3000)
def test_a_store_begun_here_is_finished_by_a_cluster_that_loses_a_node(photos, tmp_path, monkeypatch):
    """The same records, entries and report as on this machine alone."""
    monkeypatch.chdir(tmp_path)
    told = []

    def stop_at_20(done, outcome):
        if done == 20 and outcome is not None:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        prepared(tmp_path / "store", "photos", told=stop_at_20)
    with cluster_of(2, 1, monkeypatch) as (cluster, nodes):

        def lose_a_node(done, outcome):
            told.append(done)
            if len(told) == 20:
                cluster.remove_node(nodes[1], allow_graceful=False)

        report = prepared(tmp_path / "store", "photos", told=lose_a_node, engine=RayEngine(shard=4))
        await_true(lambda: nodes_alive() == 2)
    assert told == list(range(19, COUNT + 3))
    assert (report.photos, report.used, report.faces) == (COUNT + 2, COUNT + 1, COUNT + 2)
    assert prepared(tmp_path / "local", "photos") == report
    assert contents(tmp_path / "store") == contents(tmp_path / "local")
    assert PhotoStore(tmp_path / "store").read(0).photo == "photos/000.png"


def elsewhere(sources, folder):
    """The work as another process gets it."""
    meta = PrepareSettings(image_size=SIZE).meta(sources, "fake")
    return pickle.loads(pickle.dumps(PhotoWork(fake_perception, meta, str(folder))))


def test_a_machine_that_sees_another_photo_is_refused(photos, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    source = Source("photos/000.png")
    length = source.length
    ((number, outcome),) = elsewhere([source], tmp_path).make([NumberedSource(7, source, length)])
    assert (number, len(outcome.records)) == (7, 1)
    with pytest.raises(StoreError, match=rf"sees {length} bytes instead of {length + 1} where the photo photos/000.png should be"):
        next(elsewhere([source], tmp_path).make([NumberedSource(7, source, length + 1)]))
    (photos / "000.png").unlink()
    with pytest.raises(StoreError, match=r"sees no such file where the photo photos/000.png should be"):
        next(elsewhere([source], tmp_path).make([NumberedSource(7, source, length)]))


def test_a_machine_without_the_folder_is_refused(tmp_path):
    with pytest.raises(ConfigError, match=r"has no folder .*nowhere .*: give the command in one that all machines have"):
        next(elsewhere([Source("a.png")], tmp_path / "nowhere").make([]))
