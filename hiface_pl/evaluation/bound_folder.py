"""An output folder that belongs to the inputs it was made from: results of others are never mixed into it."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hiface_pl.errors import EvaluationError
from hiface_pl.paths import replacing


def bind_folder(out: Path, name: str, made_from: Mapping[str, str]) -> None:
    """Writes what `out` is made from into its file `name`, or compares. Raises EvaluationError where it is another, or OutputError."""
    path = out / name
    other = differences(path, made_from)
    if other:
        raise EvaluationError(f"{out} holds what was made from another {' and other '.join(other)}: name another --out, or remove it")
    if not path.exists():
        write_binding(path, made_from)


def differences(path: Path, made_from: Mapping[str, Any]) -> dict[str, Any]:
    """What a file of `write_binding` says otherwise, and what it says; nothing where there is no file. Raises EvaluationError."""
    if not path.exists():
        return {}
    try:
        kept = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise EvaluationError(f"{path} cannot be read ({error}): remove {path.parent} or name another --out") from error
    known = kept if isinstance(kept, dict) else {}
    return {key: known.get(key) for key, value in made_from.items() if known.get(key) != value}


def write_binding(path: Path, made_from: Mapping[str, Any]) -> None:
    """Raises OutputError."""
    with replacing(path) as temporary:
        temporary.write_text(json.dumps(dict(made_from), indent=1) + "\n")
