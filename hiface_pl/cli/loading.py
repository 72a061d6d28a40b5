"""What a command imports and loads stays until its end: looking for garbage among it is a tenth of the start, and as much at the end."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def nothing_to_collect() -> Iterator[None]:
    """Inside this block Python's collector of reference cycles rests; it never looks at what is there afterwards, not even at the end.

    Our choice: of 1.65 s of CPU that importing PyTorch takes, the end of the process included, 0.43 s. For commands, not for libraries:
    cycles that are garbage by then are never freed.
    """
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if collecting:
            gc.enable()
