"""Rows on a real Ray cluster of two nodes on this machine, one of which is killed."""

import io
import os
import signal
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from hiface_pl.cli.main import main
from hiface_pl.errors import ConfigError, OutputError
from hiface_pl.matrix.engines.asked import Asked
from hiface_pl.matrix.engines.local import LocalEngine
from hiface_pl.matrix.engines.named_engine import named_engine
from hiface_pl.matrix.engines.ray import RayEngine
from hiface_pl.matrix.engines.remote_row import RemoteEnd, RemoteRow
from hiface_pl.matrix.planning import Planner
from hiface_pl.matrix.row_lock import is_worked_on
from hiface_pl.matrix.row_parcel import pack, unpack
from hiface_pl.matrix.row_plan import RowPlan
from hiface_pl.matrix.row_record import State, record_for
from hiface_pl.matrix.runner import Runner
from hiface_pl.matrix.same_data import same_data
from hiface_pl.matrix.status import records_under
from tests.matrix.small_rows import SCALE, plans, write_rows
from tests.matrix.test_runner import FAKE
from tests.ray_cluster import await_true, cluster_of, nodes_alive


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Any, list[Any]]]:
    with cluster_of(2, 1, monkeypatch) as found:
        yield found


def carried_out(planned: list[RowPlan], engine: RayEngine) -> tuple[int, str]:
    said = io.StringIO()
    engine.prepare(planned)
    return Runner(planned, engine, Console(file=said, width=500, highlight=False)).run(), said.getvalue()


def numbers(folder: Path, root: str) -> list[tuple[object, ...]]:
    return [(line.row, line.seeds, line.start, dict(line.faces)) for line in same_data(records_under(folder / root, SCALE), SCALE)]


def states(planned: list[RowPlan]) -> dict[str, State]:
    return {record.plan.name: record.state for record in map(record_for, planned) if record}


def kill_row(plan: RowPlan) -> None:
    """As a machine does that loses its power: nothing of the row is left."""
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            words = (entry / "cmdline").read_bytes()
        except OSError:
            continue
        if plan.runs.encode() in words and plan.name.encode() in words and int(entry.name) != os.getpid():
            os.kill(int(entry.name), signal.SIGKILL)


@pytest.mark.slow
@pytest.mark.timeout(3000)
def test_a_node_is_killed_and_the_table_is_that_of_an_undisturbed_matrix(cluster: tuple[Any, list[Any]], tmp_path: Path) -> None:
    """The row of the lost node goes on from its checkpoint, one that fails by itself is not repeated, order is kept."""
    cluster, nodes = cluster
    write_rows(tmp_path)
    planned = plans(tmp_path, "slow", "second", "after_broken", root="lost")
    engine = RayEngine()

    def lose_a_node() -> None:
        (slow,) = (plan for plan in planned if plan.name == "slow")
        await_true(lambda: list(slow.folder.glob("fit-*/checkpoints/last.ckpt")))
        place = engine._rows[slow].place
        cluster.remove_node(next(node for node in nodes if place and node.node_id == place.node), allow_graceful=False)
        kill_row(slow)  # after its node: another row would be given to the node otherwise

    assert nodes_alive() == 3
    thread = threading.Thread(target=lose_a_node)
    thread.start()
    code, said = carried_out(planned, engine)
    thread.join()
    assert code == 1
    await_true(lambda: nodes_alive() == 2)
    assert "its process was lost" not in said, said
    assert "slow (seed 1): the machine " in said
    assert "goes on elsewhere from its last checkpoint" in said
    assert said.count("broken (seed 1): failed") == 1
    assert "after_broken (seed 1): waits for broken, which failed" in said
    assert said.index("first (seed 1): asks") < said.index("second (seed 1): asks")
    assert states(planned) == {
        "first": State.DONE,
        "second": State.DONE,
        "broken": State.FAILED,
        "after_broken": State.WAITING,
        "slow": State.DONE,
    }
    assert "asks the cluster for 1 core; what it prints goes to" in said
    Runner(plans(tmp_path, "slow", root="whole"), LocalEngine(), Console(file=io.StringIO())).run()
    (alone,) = numbers(tmp_path, "whole")
    assert alone in numbers(tmp_path, "lost")


@pytest.mark.slow
@pytest.mark.timeout(3000)
def test_told_to_stop_rows_save_and_go_on_and_folders_travel_where_they_are_not_shared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    here.mkdir()
    there.mkdir()
    write_rows(tmp_path)
    with cluster_of(1, 1, monkeypatch):
        (slow,) = plans(tmp_path, "slow")

        def press() -> None:
            await_true(lambda: list(slow.folder.glob("fit-*/checkpoints/last.ckpt")))
            os.kill(os.getpid(), signal.SIGINT)

        thread = threading.Thread(target=press)
        thread.start()
        code, said = carried_out([slow], RayEngine())
        thread.join()
        assert code == 130
        assert states([slow]) == {"slow": State.STOPPED}
        assert list(slow.folder.glob("fit-*/checkpoints/interrupted.ckpt"))
        code, said = carried_out([slow], RayEngine())
        assert (code, "goes on where it was (stopped" in said) == (0, True)

        monkeypatch.chdir(here)
        monkeypatch.setattr(Path, "cwd", lambda: there)  # what the machine of the row has instead
        apart = [RowPlan(**vars(plan) | {"runs": "matrix/paper/seed1"}) for plan in plans(tmp_path, "second", root="apart")]
        code, said = carried_out(apart, RayEngine())
        assert code == 0
        assert states(apart) == {"first": State.DONE, "second": State.DONE}
        for folder in (here, there):
            assert len(list(folder.glob("matrix/paper/seed1/second/fit-*/checkpoints/last.ckpt"))) == 1
        assert not list(here.glob("matrix/paper/seed1/.[!l]*"))


def begun(tmp_path: Path, name: str) -> tuple[RowPlan, RemoteRow, "Future[RemoteEnd]"]:
    """A slow row of the fake program, as an actor of Ray's carries it out, when it has a checkpoint."""
    (tmp_path / f"{name}.yaml").write_text(f"name: {name}\ndata: null\n")
    (plan,) = Planner(tmp_path / "matrix", SCALE, 0, (), FAKE).all([str(tmp_path / f"{name}.yaml")])
    row = RemoteRow(plan, str(tmp_path), {})
    with ThreadPoolExecutor(1) as threads:
        end = threads.submit(row.run, True, [])
        await_true(lambda: list(plan.folder.glob("fit-*/checkpoints/last.ckpt")))
        row.stop(at_once=False) if name.endswith("told") else os.close(row._line or 0)
    return plan, row, end


@pytest.mark.parametrize("name", ["slow_told", "slow_left_alone"])
def test_a_row_saves_and_stops_when_it_is_told_and_when_its_holder_ends(tmp_path: Path, name: str) -> None:
    plan, row, end = begun(tmp_path, name)
    assert end.result() == RemoteEnd("", None)
    assert states([plan]) == {name: State.STOPPED}
    assert not is_worked_on(plan)
    row.stop(at_once=True) if name.endswith("told") else None  # it has ended, and nothing happens


def test_a_folder_of_a_row_travels_whole(tmp_path: Path) -> None:
    (tmp_path / "here" / "row" / "fit").mkdir(parents=True)
    (tmp_path / "here" / "row" / "fit" / "last.ckpt").write_bytes(b"new")
    (tmp_path / "there" / "row").mkdir(parents=True)
    (tmp_path / "there" / "row" / "row.json").write_text("old")
    unpack(pack(tmp_path / "here" / "row"), tmp_path / "there")
    assert [path.name for path in sorted((tmp_path / "there").rglob("*"))] == ["row", "fit", "last.ckpt"]
    with pytest.raises(OutputError, match="cannot be handed on"):
        pack(tmp_path / "nowhere")


def test_rows_ask_for_what_their_scale_trains_on(tmp_path: Path) -> None:
    write_rows(tmp_path)
    (plan,) = plans(tmp_path, "first")

    def asked(trainer: dict[str, Any], workers: int = 0) -> Asked:
        config = {"trainer": trainer, "data": {"init_args": {"workers": workers}}}
        return Asked.by(RowPlan(**vars(plan) | {"config": config}))

    assert asked({"accelerator": "gpu", "devices": 8}, 8).told == "8 GPUs and 8 cores"
    assert asked({"accelerator": "gpu", "devices": [0, 3]}).told == "2 GPUs and 2 cores"
    assert asked({"accelerator": "cpu", "devices": 1}, 1).told == "2 cores"
    for trainer, leaf in (({"accelerator": "auto"}, "trainer.accelerator 'auto'"), ({"accelerator": "gpu"}, "trainer.devices None")):
        with pytest.raises(ConfigError, match=rf"first \(seed 1\) has {leaf}, and a cluster has to know"):
            asked(trainer)
    with pytest.raises(ConfigError, match="start it with torchrun"):
        asked({"accelerator": "gpu", "devices": 8, "num_nodes": 2})


def test_a_machine_without_the_folder_says_so(tmp_path: Path) -> None:
    write_rows(tmp_path)
    (plan,) = plans(tmp_path, "first")
    with pytest.raises(ConfigError, match=r"has no folder /nowhere .*: give the command in one that all machines have"):
        RemoteRow(plan, "/nowhere", {}).look("token")


def test_without_ray_one_sentence_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(ConfigError, match=r"pip install 'hiface-pl\[ray\]'"):
        named_engine("ray")


def test_a_cluster_that_cannot_be_reached_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write_rows(tmp_path)
    monkeypatch.setenv("RAY_ADDRESS", "127.0.0.1:1")
    assert main(["matrix", "run", str(tmp_path / "first.yaml"), "--scale", SCALE, "--runs", str(tmp_path / "m"), "--engine", "ray"]) == 2
    message = capsys.readouterr().err
    assert message.startswith("hiface-pl: no Ray cluster can be reached (")
    assert "`ray start --head`" in message
    assert message.count("\n") == 1
