"""Makes a store of tiny faces in a process of its own, for tests that end it.

python -m tests.data.making STORE COUNT JOBS [LARGEST_FILE]
"""

import resource
import sys
from functools import partial
from pathlib import Path

from hiface_pl.data.engines.local import LocalEngine
from hiface_pl.data.synthesize import write_store
from hiface_pl.errors import HifaceError
from tests.synthesis.fakes import tiny_generator

FACTORY = partial(tiny_generator, 32)


def run(store: str, count: str, jobs: str, largest: str = "") -> int:
    """Prints how many samples are written; ends as the command line does, with one sentence and exit code 2."""
    if largest:
        resource.setrlimit(resource.RLIMIT_FSIZE, (int(largest), int(largest)))
    try:
        write_store(Path(store), FACTORY, int(count), LocalEngine(int(jobs)), lambda done, _: print(done, flush=True))
    except HifaceError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(run(*sys.argv[1:]))
