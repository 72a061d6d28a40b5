"""How every benchmark ends: a record that is never overwritten, and one line of JSON."""

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from hiface_pl.paths import replacing
from hiface_pl.report.provenance import Provenance

RESULTS = Path("benchmarks/results")


def finish_benchmark(name: str, result: dict[str, Any], seed: int | None = None, folder: Path = RESULTS) -> Path:
    """Writes `folder`/DATE-NAME[-N].json with `result` and its provenance, then prints `result` as one line of JSON. Raises OutputError."""
    provenance = Provenance.now(seed)
    path = _unused(folder, f"{provenance.date[:10]}-{name}")
    with replacing(path) as temporary:
        temporary.write_text(json.dumps({"benchmark": name, "result": result, "provenance": asdict(provenance)}, indent=1) + "\n")
    sys.stdout.write(json.dumps(result) + "\n")
    return path


def _unused(folder: Path, stem: str) -> Path:
    """The first name of that stem which no record has."""
    number, path = 1, folder / f"{stem}.json"
    while path.exists():
        number += 1
        path = folder / f"{stem}-{number}.json"
    return path
