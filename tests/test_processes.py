"""Work over processes: its order, and what is told of one that the system kills."""

import os
import signal
import threading
import time

import pytest

from hiface_pl.errors import OutputError
from hiface_pl.processes import spread


def _own(item: int) -> int:
    """The process that made an item; item 5 is never made."""
    if item == 5:
        os.kill(os.getpid(), signal.SIGKILL)
    return os.getpid()


def test_a_killed_process_is_named_though_the_system_tells_its_end_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two threads may ask how a process ended; the one that comes second learns nothing before the first has kept the answer."""
    asked, known = os.waitpid, threading.Event()

    def slowly(pid: int, options: int) -> tuple[int, int]:
        answer = asked(pid, options)
        if answer[0]:
            known.set()
            time.sleep(1)
        return answer

    monkeypatch.setattr(os, "waitpid", slowly)
    seen: list[int] = []
    with pytest.raises(OutputError) as caught, spread(_own, range(6), 1, "counts") as owners:  # noqa: PT012 - the error comes while items are read
        for owner in owners:
            seen.append(owner)
            assert len(seen) < 5 or known.wait(120)
    assert len(seen) == 5
    assert f"process {seen[0]}, killed by SIGKILL" in str(caught.value)


def test_items_come_in_order() -> None:
    with spread(abs, range(-20, 0), 2, "counts") as made:
        assert list(made) == list(range(20, 0, -1))
