"""From names of rows to plans: files composed and checked, and in front of each row those that it starts from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hiface_pl.cli.composition import files_of, merged_files
from hiface_pl.errors import ConfigError
from hiface_pl.matrix.minimality import RowOnBase, require_minimal
from hiface_pl.matrix.prerequisites import scans_of
from hiface_pl.matrix.row_plan import RowPlan, digest_of
from hiface_pl.matrix.rows import FULL, row_file, shown
from hiface_pl.matrix.twins import asked_rows
from hiface_pl.report.own_commands import PROGRAM
from hiface_pl.training.starts.named_start import named_start

SETTINGS_OF_A_RUN = ("seed_everything", "runs")
"""Leaves that the runner sets itself."""


def seed_folder(root: Path, scale: str, seed: int) -> Path:
    """Where the rows of one scale and seed lie: a row that starts from another one looks for it there."""
    return root / scale / f"seed{seed}"


@dataclass
class Planner:
    """Makes plans of one scale and seed under the folder `root`; `over` are files that count after each row's own. Raises ConfigError."""

    root: Path
    scale: str
    seed: int
    over: Sequence[Path] = ()
    program: Sequence[str] = PROGRAM
    plans: dict[str, RowPlan] = field(default_factory=dict)

    def all(self, names: Sequence[str]) -> list[RowPlan]:
        """Plans of these rows or groups of rows and of all that they need, which come first."""
        files = {file.stem: file for file in asked_rows(names, self.scale).values()}
        for name in files:
            self._add(name, files, ())
        return list(self.plans.values())

    def _add(self, name: str, files: Mapping[str, Path], above: tuple[str, ...]) -> RowPlan:
        if name in above:
            raise ConfigError(f"the rows {' -> '.join((*above, name))} start from each other: change one init_from")
        if name not in self.plans:
            file = files.get(name) or row_file(name)
            config = self._config(file)
            start = named_start(config.get("init_from"))
            beside = {path.stem: path for path in file.parent.glob("*.yaml")} | dict(files)
            needed = [self._add(row, beside, (*above, name)) for row in (start.rows if start else ())]
            self.plans[name] = self._plan(name, file, config, start.told if start else "no init_from", needed)
        return self.plans[name]

    def _plan(self, name: str, file: Path, config: dict[str, Any], start: str, needed: list[RowPlan]) -> RowPlan:
        return RowPlan(
            name=name,
            file=shown(file) if Path(shown(file)).is_file() else str(file.resolve()),
            scale=self.scale,
            seed=self.seed,
            runs=str(seed_folder(self.root, self.scale, self.seed)),
            config=config,
            start=start,
            digest=digest_of(config, *(plan.digest for plan in needed)),
            shared=digest_of(self._merged(FULL)),
            needs=tuple(plan.name for plan in needed),
            over=tuple(map(str, self.over)),
            scans=scans_of(config, self.scale),
            program=tuple(self.program),
        )

    def _config(self, file: Path) -> dict[str, Any]:
        require_minimal(RowOnBase.read(file, self.scale))
        config = self._merged(file)
        found = config.get("scale", self.scale)
        if found != self.scale:
            raise ConfigError(f"{shown(file)} is of scale {found}, not of {self.scale}: ask for --scale {found}")
        return config

    def _merged(self, file: Path) -> dict[str, Any]:
        content = merged_files(files_of([file, *self.over], self.scale))
        return {key: value for key, value in content.items() if key not in SETTINGS_OF_A_RUN}
