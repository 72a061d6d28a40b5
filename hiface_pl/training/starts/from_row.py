"""Starting from what another row of the comparison has trained."""

from collections.abc import Sequence
from pathlib import Path

from typing_extensions import override

from hiface_pl.errors import CheckpointError
from hiface_pl.matrix.rows import row_file, shown
from hiface_pl.training.starts.base import Part, Start
from hiface_pl.training.whole_checkpoint import newest_whole


class FromRow(Start):
    """Takes parts of the newest whole checkpoint of `row` among the runs that this one belongs to: RUNS/ROW/fit-*/checkpoints.

    So rows of one scale and seed have to share a folder of runs, and `row` has to be trained first.
    """

    def __init__(self, row: str, parts: Sequence[Part]) -> None:
        super().__init__(parts)
        self.row = row

    @property
    @override
    def rows(self) -> tuple[str, ...]:
        return (self.row,)

    @property
    @override
    def origin(self) -> str:
        return self.row

    @override
    def path(self, runs: Path, scale: str) -> Path:
        found = newest_whole(*(runs / self.row).glob("fit-*/checkpoints"))
        if found is None:
            command = f"hiface-pl fit --config {shown(row_file(self.row))} --scale {scale} --runs {runs}"
            raise CheckpointError(f"there is no trained {self.row} under {runs} to start from: train it first with `{command}`")
        return found
