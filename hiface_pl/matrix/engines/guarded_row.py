"""A row that ends with whoever started it: python -m hiface_pl.matrix.engines.guarded_row PLAN, held by a pipe at its standard input.

A byte tells the row to save and stop, a second one ends it where it is. The end of the pipe is the end of the process that holds it: the
row saves and stops. It runs on in a process of its own, since those known as its holder's children may be killed with it.
"""

import os
import signal
import sys
import threading


def main(arguments: list[str]) -> int:
    """Carries out the plan; the process that was started ends at once, the pipe at its standard output when the row does."""
    if os.fork():
        return 0
    os.setsid()
    line, nothing = os.dup(0), os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    threading.Thread(target=_obey, args=(line,), daemon=True).start()
    from hiface_pl.matrix import one_row  # noqa: PLC0415 - threads that libraries start do not survive a fork

    return one_row.main(arguments)


def _obey(line: int) -> None:
    os.read(line, 1)
    os.kill(os.getpid(), signal.SIGTERM)
    if os.read(line, 1):
        os.killpg(0, signal.SIGKILL)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
