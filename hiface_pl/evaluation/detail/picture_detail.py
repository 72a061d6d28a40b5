"""What was measured on the images of one person, kept in a file, so that a run that was stopped goes on."""

import json
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float32

from hiface_pl.evaluation.detail.picture_errors import Error, Quantity
from hiface_pl.paths import replacing


@dataclass(frozen=True)
class PictureDetail:
    """One image: its path below the set, `kind` (frontal, side, expression), the expression's name, and the errors.

    `static` is the predicted D_sta over the texels, mm. Where no face was found `problem` says why, and the others are empty.
    """

    image: str
    kind: str
    expression: str
    errors: Mapping[Quantity, Error] = field(default_factory=dict)
    static: Float32[np.ndarray, " n"] | None = None
    problem: str = ""


def write_pictures(path: Path, pictures: Sequence[PictureDetail]) -> None:
    """Keeps the images of one person. Raises OutputError."""
    rows = [
        {"image": row.image, "kind": row.kind, "expression": row.expression, "errors": row.errors, "problem": row.problem}
        for row in pictures
    ]
    found = [row.static for row in pictures if row.static is not None]
    static = np.stack(found) if found else np.zeros((0, 0), np.float32)
    with replacing(path) as temporary, temporary.open("wb") as stream:
        np.savez(stream, allow_pickle=False, rows=np.array(json.dumps(rows)), static=static)


def read_pictures(path: Path) -> tuple[PictureDetail, ...] | None:
    """What `write_pictures` kept, None where there is no such file or another one: then the person is measured anew."""
    try:
        with np.load(path, allow_pickle=False) as archive:
            rows, static = json.loads(str(archive["rows"])), iter(archive["static"])
            return tuple(_picture(row, static) for row in rows)
    except (OSError, ValueError, KeyError, TypeError, EOFError, StopIteration, zipfile.BadZipFile):
        return None


def _picture(row: dict[str, Any], static: Iterator[np.ndarray]) -> PictureDetail:
    errors = {Quantity(name): Error(*values) for name, values in row.pop("errors").items()}
    return PictureDetail(**row, errors=errors, static=None if row["problem"] else next(static))
