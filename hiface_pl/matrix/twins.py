"""Rows of the ablations that are rows of Table 1 under another name: they are trained once, as those."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from hiface_pl.cli.composition import files_of, merged_files
from hiface_pl.matrix.rows import rows_of


def asked_rows(names: Sequence[str], scale: str) -> dict[str, Path]:
    """The files of rows and groups, by the names that were asked for. Raises ConfigError.

    A row that says the same as one of Table 1, but for its name, has the file of that one: its stem is the name that it is trained under.
    """
    known = [(file, _nameless(file, scale)) for file in rows_of("table1")]
    files = [file for name in names for file in rows_of(name)]
    return {file.stem: next((twin for twin, content in known if content == _nameless(file, scale)), file) for file in files}


def _nameless(file: Path, scale: str) -> Mapping[str, Any]:
    return {key: value for key, value in merged_files(files_of([file], scale)).items() if key != "name"}
