"""Where the experiments and rows of this checkout are."""

import difflib
from pathlib import Path

from hiface_pl.errors import ConfigError

ROOT = Path(__file__).parents[2]
EXPERIMENTS = ROOT / "experiments"
BASE, FULL = EXPERIMENTS / "base.yaml", EXPERIMENTS / "full.yaml"
FOLDERS = (EXPERIMENTS, EXPERIMENTS / "table1", ROOT / "ablations")
"""Where names are looked up, such as `sd2`."""
SUFFIXES = (".yaml", ".yml")
BASE_ROW = "hiface_d"
"""The whole method, which rows are compared with."""
GROUPS = {"table1": EXPERIMENTS / "table1", "ablations": ROOT / "ablations"}
"""Names that stand for all rows of a folder."""


def every_yaml() -> list[Path]:
    """All files under experiments/ and ablations/. Raises ConfigError outside of a checkout."""
    if not FULL.is_file():
        raise ConfigError(f"there are no experiments in {ROOT}: run this from a checkout of the project, or name files")
    return sorted(path for folder in (EXPERIMENTS, ROOT / "ablations") for path in folder.rglob("*.yaml"))


def rows_of(name: str) -> list[Path]:
    """The file of a row, or those of a group, in which rows follow each other by name. Raises ConfigError."""
    return sorted(GROUPS[name].glob("*.yaml")) if name in GROUPS else [row_file(name)]


def row_file(name: str) -> Path:
    """The file of a row, given as its name or as a path. Raises ConfigError, which offers the closest names."""
    if name.endswith(SUFFIXES):
        return Path(name)
    known = {path.stem: path for folder in FOLDERS for path in folder.glob("*.yaml")}
    if not known:
        raise ConfigError(f"there is no row {name}, nor any other in {ROOT}: run this from a checkout of the project, or name a YAML file")
    if name not in known:
        close = difflib.get_close_matches(name, known, n=3, cutoff=0.5) or sorted(known)
        raise ConfigError(f"there is no row {name}: did you mean {' or '.join(close)}?")
    return known[name]


def shown(path: Path) -> str:
    """A path as people type it: from the checkout's root, where it lies inside."""
    path = path.resolve()
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)
