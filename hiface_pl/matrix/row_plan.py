"""What is to be done for one row: which files, scale, seed and folder, and what it needs first."""

import hashlib
import json
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

import yaml

from hiface_pl.paths import replacing
from hiface_pl.report.own_commands import PROGRAM

LOG, CONFIG = "row.log", "row.yaml"


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
        """The row's own folder: record, configuration, log, and the folders of its runs."""
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
        """The arguments of `hiface-pl` for one verb of the trainer, once `write_config` has been called."""
        place = ["--runs", self.runs, "--name", self.name, "--seed_everything", str(self.seed)]
        return [verb, "--config", str(self.folder / CONFIG), *place, *more]

    def write_config(self) -> None:
        """Writes the configuration as planned, so that files which change meanwhile change no row that waits. Raises OutputError."""
        with replacing(self.folder / CONFIG) as temporary:
            temporary.write_text(yaml.safe_dump(dict(self.config), sort_keys=False))

    def as_process(self) -> list[str]:
        """The command line of the process that carries it out."""
        return [sys.executable, "-m", "hiface_pl.matrix.one_row", json.dumps(asdict(self))]

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "RowPlan":
        """Back from JSON. Raises KeyError, TypeError or ValueError for anything else."""
        known: dict[str, Any] = {each.name: values[each.name] for each in fields(cls)}
        known |= {name: tuple(value) for name, value in known.items() if isinstance(value, list)}
        return cls(**known)


def digest_of(*parts: Any) -> str:
    """A short fingerprint of plain values."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()[:16]
