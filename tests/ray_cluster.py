"""A Ray cluster of several nodes on this machine, one of which a test may kill. Everything waits long: the machine may have much to do."""

import contextlib
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

VARIABLES = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    "RAY_worker_niceness": "0",
    "RAY_worker_register_timeout_seconds": "600",
    "RAY_gcs_server_request_timeout_seconds": "300",
    "RAY_gcs_rpc_server_reconnect_timeout_s": "300",
    "RAY_health_check_timeout_ms": "60000",
    "PYTHONPATH": os.pathsep.join([str(Path(__file__).parents[1]), *sys.path]),
}
MEMORY = 80_000_000


class SlowClock:
    """Ray gives a node 30 s to start, whatever the environment says: here they last three minutes."""

    def __getattr__(self, name: str) -> Any:
        return getattr(time, name)

    def monotonic(self) -> float:
        return time.monotonic() / 6


@contextmanager
def cluster_of(nodes: int, cores: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Any, list[Any]]]:
    """A head without cores and so many nodes. This process is connected to it."""
    ray, cluster_utils = import_module("ray"), import_module("ray.cluster_utils")
    for name, value in VARIABLES.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(import_module("ray._private.node"), "time", SlowClock())
    small = {"object_store_memory": MEMORY, "include_dashboard": False, "num_cpus": 0}
    cluster = _patiently(lambda: cluster_utils.Cluster(initialize_head=True, head_node_args=small))
    try:
        found = [_node(cluster, cores) for _ in range(nodes)]
        cluster.wait_for_nodes(timeout=600)
        ray.init(address=cluster.address, log_to_driver=False, runtime_env={"env_vars": {"PYTHONPATH": VARIABLES["PYTHONPATH"]}})
        yield cluster, found
    finally:
        ray.shutdown()
        cluster.shutdown()


def _node(cluster: Any, cores: int) -> Any:
    return _patiently(lambda: cluster.add_node(wait=False, num_cpus=cores, object_store_memory=MEMORY))


def _patiently(start: Callable[[], Any]) -> Any:
    """A raylet that loses a port to another program's never registers: three are tried."""
    for _ in range(2):
        with contextlib.suppress(Exception):
            return start()
    return start()


def nodes_alive() -> int:
    return sum(node["Alive"] for node in import_module("ray").nodes())


def await_true(condition: Callable[[], Any], seconds: float = 600) -> Any:
    """What the condition answers as soon as that counts as true."""
    end = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < end
        time.sleep(0.05)
    return found
