"""Shards from a real Ray cluster of several nodes on this machine, one of which is killed."""

import sys
from functools import partial

import pytest

from hiface_pl.data.engines.named_engine import named_engine
from hiface_pl.data.engines.ray import RayEngine
from hiface_pl.data.engines.work import Work
from hiface_pl.data.synthesize import write_store
from hiface_pl.errors import ConfigError, StoreError
from tests.data.test_survival import contents
from tests.ray_cluster import await_true, cluster_of, nodes_alive
from tests.synthesis.fakes import tiny_generator

COUNT = 240
FACTORY = partial(tiny_generator, 32)


@pytest.fixture
def cluster(monkeypatch):
    with cluster_of(2, 1, monkeypatch) as found:
        yield found


@pytest.mark.slow
def test_a_store_begun_here_is_finished_by_a_cluster_that_loses_a_node(cluster, tmp_path):
    cluster, nodes = cluster
    told = []

    def stop_at_20(done, of):
        if done == 20:
            raise KeyboardInterrupt

    def lose_a_node(done, of):
        told.append(done)
        if len(told) == 40:
            cluster.remove_node(nodes[1], allow_graceful=False)

    with pytest.raises(KeyboardInterrupt):
        write_store(tmp_path / "store", FACTORY, COUNT, progress=stop_at_20)
    assert nodes_alive() == 3
    write_store(tmp_path / "store", FACTORY, COUNT, RayEngine(shard=16), lose_a_node)
    await_true(lambda: nodes_alive() == 2)
    assert told == list(range(20, COUNT + 1))
    write_store(tmp_path / "local", FACTORY, COUNT)
    assert contents(tmp_path / "store") == contents(tmp_path / "local")


def test_a_machine_that_would_make_other_samples_is_refused():
    work = Work.of(FACTORY, 4)
    elsewhere = Work(partial(tiny_generator, 32, seed=1), work.meta)
    with pytest.raises(StoreError, match=r"other samples .*seed 1.* instead of .*seed 0.* same version"):
        next(elsewhere.make([0]))


def test_without_ray_one_sentence_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(ConfigError, match=r"pip install 'hiface-pl\[ray\]'"):
        named_engine("ray")


def test_another_engine_is_refused_with_the_names_of_those_there_are():
    with pytest.raises(ConfigError, match="neither local, nor ray"):
        named_engine("spark")
    with pytest.raises(ConfigError, match="is not an Engine"):
        named_engine("hiface_pl.synthesis.randomness.Grouping")
