"""A row changes what it writes, all of it, and nothing else."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hiface_pl.cli.composition import APPEND, SCALES, base_chain, builds_on_scale, files_of, merged_files, own_lines
from hiface_pl.errors import ConfigError
from hiface_pl.matrix.leaves import ARGUMENTS, CLASS, MISSING, Place, at, differences, holds, leaves, told
from hiface_pl.matrix.rows import BASE, FULL, shown


@dataclass(frozen=True)
class RowOnBase:
    """A file beside what it builds on: its own lines `written`, and both configurations, `base` without and `row` with them."""

    file: Path
    scale: str
    written: Mapping[str, Any]
    base: Mapping[str, Any]
    row: Mapping[str, Any]

    @classmethod
    def read(cls, file: Path, scale: str = SCALES[0]) -> "RowOnBase":
        """At one scale. A file whose bases do not reach experiments/base.yaml lies over experiments/full.yaml, as on a command line.

        Raises ConfigError.
        """
        rooted = any(path.resolve() == BASE for path in base_chain(file, scale))
        beneath = files_of([file] if rooted else [FULL, file], scale)[:-1]
        return cls(file, scale, own_lines(file), merged_files(beneath), merged_files([*beneath, file]))

    @property
    def changed(self) -> list[Place]:
        """The leaves that differ from the base."""
        return list(differences(self.base, self.row))


def scales_of(file: Path) -> tuple[str, ...]:
    """The scales at which a file means something else: all where it builds on an open one, else the default."""
    return SCALES if any(builds_on_scale(path) for path in base_chain(file)) else SCALES[:1]


def require_minimal(row: RowOnBase, base: Mapping[str, Any] | None = None, found: Mapping[str, Any] | None = None) -> None:
    """Raises ConfigError, which names the leaf, unless the row changes exactly what it writes.

    As composed; or, with `base` and `found`, as a parser resolved the two, with the defaults of all classes.
    """
    for complaint in complaints(row, base or row.base, found or row.row):
        raise ConfigError(f"{shown(row.file)} is not minimal at scale {row.scale}: {complaint}")


def complaints(row: RowOnBase, base: Mapping[str, Any], found: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong, one sentence a leaf."""
    written = leaves(row.written)
    for place, value in written.items():
        there = at(found, _plain(place))
        if there is MISSING:
            yield f"it writes {told(place)}, which nothing reads"
        elif not _holds(place, there, value):
            yield f"it writes {told(place)} = {value!r}, but what holds is {there!r}"
    free = [_plain(place) for place in written] + swapped(row)
    for place, (before, after) in differences(base, found).items():
        if not any(place[: len(start)] == start for start in free):
            yield f"{told(place)} changes from {_value(before)} to {_value(after)}, which it does not write"
    yield from inherited(row)


def swapped(row: RowOnBase) -> list[Place]:
    """The parts whose class the row changes, or which it switches on."""
    return [place[:-1] for place in leaves(row.written) if place[-1] == CLASS and not holds(at(row.base, place), at(row.row, place))]


def inherited(row: RowOnBase) -> Iterator[str]:
    """Arguments of swapped classes that come from the base."""
    for part in swapped(row):
        arguments = at(row.row, (*part, ARGUMENTS))
        if not isinstance(arguments, Mapping):
            continue
        for place in leaves(arguments, (*part, ARGUMENTS)):
            if at(row.written, place) is MISSING:
                yield f"{told(part)} is another class and inherits {told(place)}, which it does not write"


def _plain(place: Place) -> Place:
    """Without the sign that appends to a list."""
    return (*place[:-1], place[-1].removesuffix(APPEND))


def _holds(place: Place, there: Any, value: Any) -> bool:
    if not place[-1].endswith(APPEND):
        return holds(there, value)
    added = value if isinstance(value, list) else [value]
    return isinstance(there, list) and holds(there[-len(added) :], added)


def _value(value: Any) -> str:
    return value.value if value is MISSING else repr(value)
