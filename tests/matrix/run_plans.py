"""A runner in a process of its own, for tests that stop or kill it: python -m tests.matrix.run_plans PLANS, a JSON list of plans."""

import json
import sys
from pathlib import Path

from rich.console import Console

from hiface_pl.matrix.engines.local import LocalEngine
from hiface_pl.matrix.row_plan import RowPlan
from hiface_pl.matrix.runner import Runner

if __name__ == "__main__":
    plans = [RowPlan.from_dict(values) for values in json.loads(Path(sys.argv[1]).read_text())]
    sys.exit(Runner(plans, LocalEngine(), Console(highlight=False)).run())
