"""Nobody else works on a row: a lock that ends with the last process that has it open, however that one ends."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hiface_pl.matrix.row_plan import RowPlan
from hiface_pl.paths import writable_folder


def lock_path(plan: RowPlan) -> Path:
    """Beside the rows, since a row's folder may be moved."""
    return Path(plan.runs) / ".locks" / plan.name


@contextmanager
def row_lock(plan: RowPlan) -> Iterator[int]:
    """Waits until nobody works on the row; yields the lock's file number, for commands to inherit. Raises OutputError.

    So a training whose runner was killed is waited for, and its result is used.
    """
    path = lock_path(plan)
    writable_folder(path.parent)
    with path.open("ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield file.fileno()


def is_worked_on(plan: RowPlan) -> bool:
    """Whether some process has the row."""
    path = lock_path(plan)
    if not path.is_file():
        return False
    with path.open("ab") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False
