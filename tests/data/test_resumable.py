import os
import signal

import pytest

from hiface_pl.data.resumable import leave_signals_alone


def child(training: int) -> int:
    """The exit code of a loader process that is signalled like its whole group and then ends on its own with 7."""
    pid = os.fork()
    if pid == 0:
        leave_signals_alone(training, 0)
        for signum in (signal.SIGINT, signal.SIGTERM, signal.SIGUSR1):
            os.kill(os.getpid(), signum)
        os._exit(7)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


@pytest.mark.parametrize(("training", "code"), [(os.getpid(), 7), (1, 1)])
def test_loader_processes_leave_signals_to_the_training_and_end_without_it(training: int, code: int) -> None:
    assert child(training) == code
