"""An output folder that belongs to the inputs it was made from: results of others are never mixed into it."""

import json
from collections.abc import Mapping
from pathlib import Path

from hiface_pl.errors import EvaluationError
from hiface_pl.paths import replacing


def bind_folder(out: Path, name: str, made_from: Mapping[str, str]) -> None:
    """Writes what `out` is made from into its file `name`, or compares. Raises EvaluationError where it is another, or OutputError."""
    path = out / name
    if not path.exists():
        with replacing(path) as temporary:
            temporary.write_text(json.dumps(dict(made_from), indent=1) + "\n")
        return
    try:
        kept = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise EvaluationError(f"{path} cannot be read ({error}): remove {out} or name another --out") from error
    other = [key for key, value in made_from.items() if not isinstance(kept, dict) or kept.get(key) != value]
    if other:
        raise EvaluationError(f"{out} holds what was made from another {' and other '.join(other)}: name another --out, or remove it")
