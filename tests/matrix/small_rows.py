"""Rows of two steps on the tiny suite: what plain tests and processes of their own share."""

import sys
from collections.abc import Sequence
from pathlib import Path

from hiface_pl.matrix.planning import Planner
from hiface_pl.matrix.row_plan import RowPlan
from tests.training.suite import HERE, write_config

SCALE = "paper"
PROGRAM = (sys.executable, "-m", "tests.training.run_suite")
PARTS = "[{source: encoder, target: encoder}]"
ROWS = {
    "first": "",
    "broken": f"model: {{reconstructor: {{encoder: {{class_path: {HERE}.NanEncoder}}}}}}\n",
    "after_broken": "init_from: {class_path: hiface_pl.training.starts.from_row.FromRow, init_args: {row: broken, parts: " + PARTS + "}}\n",
    "slow": f"trainer: {{callbacks+: [{{class_path: {HERE}.Slow}}]}}\n",
    "second": "init_from: {class_path: hiface_pl.training.starts.from_row.FromRow, init_args: {row: first, parts: " + PARTS + "}}\n",
}


def write_rows(folder: Path) -> None:
    """`second` starts from `first`, `after_broken` from a row that fails."""
    text = write_config(folder).read_text()
    (folder / "tiny.yaml").write_text(text.replace("max_epochs: 2", "max_epochs: 2\n  max_steps: 2") + "saving: {every_steps: 1}\n")
    for name, lines in ROWS.items():
        (folder / f"{name}.yaml").write_text(f"base: tiny.yaml\nname: {name}\n{lines}")


def plans(folder: Path, *names: str, root: str = "matrix", over: Sequence[Path] = ()) -> list[RowPlan]:
    files = [str(folder / f"{name}.yaml") for name in names]
    return Planner(folder / root, SCALE, 1, over, PROGRAM).all(files)
