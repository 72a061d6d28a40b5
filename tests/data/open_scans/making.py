"""Makes a small open scan set in a process of its own, for tests that end it.

python -m tests.data.open_scans.making FOLDER SUBJECTS JOBS
"""

import sys
from functools import partial
from pathlib import Path

from hiface_pl.data.open_scans.write_set import write_set
from tests.data.open_scans.small import small_generator

FACTORY = partial(small_generator, 48)

if __name__ == "__main__":
    write_set(Path(sys.argv[1]), FACTORY, int(sys.argv[2]), int(sys.argv[3]), lambda done, _: print(done, flush=True))
