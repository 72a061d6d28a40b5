"""The command line on the tiny suite, for tests that need a process of their own: python -m tests.training.run_suite fit --config ..."""

import sys
from unittest.mock import patch

import hiface_pl.reconstructor
from hiface_pl.cli.main import main
from tests.training.suite import tiny_face_assets

if __name__ == "__main__":
    with patch.object(hiface_pl.reconstructor, "face_assets", tiny_face_assets):
        sys.exit(main(sys.argv[1:]))
