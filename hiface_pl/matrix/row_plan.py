"""What is to be done for one row: which files, scale, seed and folder, and what it needs first."""

import hashlib
import json
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from hiface_pl.cli.composition import SCALE_FLAG, base_chain, builds_on_scale
from hiface_pl.report.own_commands import PROGRAM

LOG = "row.log"


@dataclass(frozen=True)
class RowPlan:
    """One row at one scale with one seed. `runs` is the folder that it shares with the other rows of this scale and seed.

    `config` is what its files say together, `over` files that count after the row's own. `digest` changes with the configuration of the row
    or of a row that it starts from, `shared` with what all rows have in common. `scans` is the open scan set that its test is
    given, empty for none.
    """

    name: str
    file: str
    scale: str
    seed: int
    runs: str
    config: Mapping[str, Any] = field(hash=False)
    start: str
    digest: str
    shared: str
    needs: tuple[str, ...] = ()
    over: tuple[str, ...] = ()
    scans: str = ""
    program: tuple[str, ...] = PROGRAM

    @property
    def folder(self) -> Path:
        """The row's own folder: record, log, and the folders of its runs."""
        return Path(self.runs) / self.name

    @property
    def log(self) -> Path:
        """What its commands print."""
        return self.folder / LOG

    @property
    def told(self) -> str:
        """The row as messages name it."""
        return f"{self.name} (seed {self.seed})"

    def command(self, verb: str, *more: str) -> list[str]:
        """The arguments of `hiface-pl` for one verb of the trainer."""
        files = [word for file in (self.file, *self.over) for word in ("--config", file)]
        scale = [SCALE_FLAG, self.scale] if any(builds_on_scale(path) for path in base_chain(Path(self.file))) else []
        place = ["--runs", self.runs, "--name", self.name, "--seed_everything", str(self.seed)]
        return [verb, *files, *scale, *place, *more]

    def as_process(self) -> list[str]:
        """The command line of the process that carries it out."""
        return [sys.executable, "-m", "hiface_pl.matrix.one_row", json.dumps(asdict(self))]

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "RowPlan":
        """Back from JSON. Raises KeyError, TypeError or ValueError for anything else."""
        known = {each.name: values[each.name] for each in fields(cls)}
        return cls(**{name: tuple(value) if isinstance(value, list) else value for name, value in known.items()})


def digest_of(*parts: Any) -> str:
    """A short fingerprint of plain values."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()[:16]
