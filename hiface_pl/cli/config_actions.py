"""What `hiface-pl config check` and `config diff` do."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table

from hiface_pl.cli.composition import BASE as BASE_KEY
from hiface_pl.cli.composition import files_of, merged_files, read_mapping
from hiface_pl.errors import ConfigError
from hiface_pl.matrix.leaves import MISSING, differences, told
from hiface_pl.matrix.minimality import RowOnBase, require_minimal, scales_of
from hiface_pl.matrix.rows import BASE, every_yaml, row_file, shown

if TYPE_CHECKING:
    from hiface_pl.cli.resolving import Resolver

SECTIONS = {"trainer", "model", "data"}


def check(names: Sequence[str], scale: str | None = None, *, composed: bool = False) -> int:
    """Holds rows against what they build on and prints how many leaves each changes. Raises ConfigError, which names the first odd leaf."""
    files = [row_file(name) for name in names] or [path for path in every_yaml() if path != BASE]
    rows = [RowOnBase.read(file, each) for file in files for each in ((scale,) if scale else scales_of(file))]
    for row in rows:
        require_minimal(row)
    if not composed:
        require_minimal_for_the_parser(rows)
    table = Table("file", "scale", "leaves it changes", box=None)
    for row in rows:
        table.add_row(shown(row.file), row.scale, str(len(row.changed)))
    console = Console()
    console.print(table)
    console.print(f"{len(rows)} of {len(rows)} change what they write, and nothing else")
    return 0


def require_minimal_for_the_parser(rows: Iterable[RowOnBase]) -> None:
    """The same with all defaults filled in, as a training would see it. Raises ConfigError."""
    from hiface_pl.cli.resolving import Resolver, drifted  # noqa: PLC0415 - imports PyTorch and Lightning

    resolver = Resolver()
    for row in rows:
        base, found = _resolved(resolver, row, row.base), _resolved(resolver, row, row.row)
        require_minimal(row, base, found)
        for complaint in drifted(row, found):
            raise ConfigError(f"{shown(row.file)} is not minimal at scale {row.scale}: {complaint}")


def _resolved(resolver: "Resolver", row: RowOnBase, content: Any) -> dict[str, Any]:
    try:
        return resolver.resolve(content)
    except ConfigError as error:
        raise ConfigError(f"{shown(row.file)} cannot be used at scale {row.scale}: {error}") from error


def diff(first: str, second: str, scale: str) -> int:
    """Prints the leaves that differ. Two files are compared as composed, two runs as saved, a file with a run with all defaults.

    Raises ConfigError.
    """
    contents = [content_of(name, scale) for name in (first, second)]
    whole = [is_whole for _, is_whole in contents]
    one, other = (content for content, _ in contents)
    if whole[0] != whole[1]:
        from hiface_pl.cli.resolving import Resolver  # noqa: PLC0415 - imports PyTorch and Lightning

        resolver = Resolver()
        one, other = resolver.resolve(one), resolver.resolve(other)
    found = differences(one, other)
    console = Console(soft_wrap=True, highlight=False)
    for place, (before, after) in found.items():
        console.print(f"{told(place)}: {_value(before)} -> {_value(after)}", markup=False)
    console.print(f"{len(found)} leaves differ between {first} and {second}" if found else f"{first} and {second} say the same")
    return 0


def content_of(name: str, scale: str) -> tuple[dict[str, Any], bool]:
    """What a file, a row's name or a run's folder says, and whether that is a whole configuration, as runs save it. Raises ConfigError."""
    path = Path(name)
    if path.is_dir():
        if not (path / "config.yaml").is_file():
            raise ConfigError(f"{path} is no folder of a run: it has no config.yaml; name RUNS/NAME/fit-TIME, a YAML file or a row")
        path = path / "config.yaml"
    file = row_file(str(path))
    own = read_mapping(file)
    whole = BASE_KEY not in own and own.keys() >= SECTIONS
    return merged_files(files_of([file], scale)), whole


def _value(value: Any) -> str:
    return str(value.value) if value is MISSING else repr(value)
