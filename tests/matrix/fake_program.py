"""Stands in for `hiface-pl` where a test is about the runner: `fit` and `test` in milliseconds.

A training counts to STEPS and leaves a checkpoint each time; what it counts from, `--ckpt_path last` reads. The row's name tells how it
behaves: `broken...` fails, `slow...` takes its time until it is told to stop.
"""

import json
import signal
import sys
import time
import zipfile
from itertools import pairwise
from pathlib import Path

STEPS = 3


def checkpoint(folder: Path, step: int) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(folder / "writing", "w") as archive:
        archive.writestr("step", str(step))
    (folder / "writing").replace(folder / "last.ckpt")


def newest(row: Path) -> int:
    found = sorted(row.glob("fit-*/checkpoints/last.ckpt"), key=lambda path: path.stat().st_mtime_ns)
    return int(zipfile.ZipFile(found[-1]).read("step")) if found else 0


def fit(row: Path, go_on: bool) -> None:
    folder = row / f"fit-{time.time_ns()}" / "checkpoints"
    for step in range(newest(row) if go_on else 0, STEPS):
        print(f"step {step + 1}", flush=True)
        if row.name.startswith("broken"):
            sys.exit("hiface-pl: the loss [age] is not finite")
        checkpoint(folder, step + 1)
        if row.name.startswith("slow"):
            time.sleep(1 if go_on else 60)


def test(row: Path) -> None:
    value = len(row.name) + newest(row) + int(row.parent.name.removeprefix("seed"))
    folder = row / f"test-{time.time_ns()}"
    folder.mkdir()
    regions = {name: {"mean": value / 10} for name in ("nose", "mouth", "forehead", "cheek")}
    measured = {"label": "pose", "unit": "deg", "error": float(value), "baseline": 9.0}
    scans = {"scans": "2 subjects", "coarse": {"regions": regions, "all": value / 10}}
    (folder / "scores.json").write_text(json.dumps({"samples": 2, "results": {"pose": measured}, "open_scans": scans, "commit": "abc"}))


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    verb, *words = sys.argv[1:]
    options = dict(pairwise(words))
    place = Path(options["--runs"]) / options["--name"]
    fit(place, "--ckpt_path" in options) if verb == "fit" else test(place)
