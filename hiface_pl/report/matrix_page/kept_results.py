"""A copy of finished rows that can be committed: what a page needs of them, without checkpoints, logs and places of this machine."""

import json
import shutil
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from hiface_pl.matrix.planning import seed_folder
from hiface_pl.matrix.row_record import RECORD, State
from hiface_pl.paths import replacing
from hiface_pl.report.matrix_page.finished_rows import FACES, FoundRow
from hiface_pl.report.matrix_page.row_faces import FILE

KEPT = (State.DONE, State.FAILED)


def keep(rows: Sequence[FoundRow], root: Path, scale: str, folder: Path) -> int:
    """Writes SCALE/seedN/ROW/row.json, faces.npz where there is one, and SCALE/faces under `folder`; returns how many rows.

    Raises OutputError.
    """
    kept = [row for row in rows if row.record.state in KEPT]
    for row in kept:
        place = seed_folder(folder, scale, row.record.plan.seed) / row.record.plan.name
        values = portable(asdict(row.record))
        values["plan"]["runs"] = str(seed_folder(Path(), scale, row.record.plan.seed))
        with replacing(place / RECORD) as temporary:
            temporary.write_text(json.dumps(values, indent=1, default=str) + "\n", encoding="utf-8")
        if (row.folder / FILE).is_file():
            _copy(row.folder / FILE, place / FILE)
    for file in sorted((root / scale / FACES).glob("*")):
        _copy(file, folder / scale / FACES / file.name)
    return len(kept)


def portable(value: Any) -> Any:
    """Plain values without places of this machine: paths below the current folder become relative, of others the last name is left."""
    if isinstance(value, dict):
        return {key: portable(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [portable(each) for each in value]
    if not isinstance(value, str):
        return value
    path, here = Path(value), Path.cwd()
    if not path.is_absolute():
        return value.replace(f"{here}/", "")
    return str(path.relative_to(here)) if path.is_relative_to(here) else path.name


def _copy(file: Path, to: Path) -> None:
    with replacing(to) as temporary:
        shutil.copyfile(file, temporary)
