"""How long commands take to start: seconds of CPU and of the clock, the best of several; the last line is JSON.

    python benchmarks/startup.py [--rounds 5] [--checkpoint FILE]

`reconstruct, ready` ends where the first photo would be read: everything imported, network loaded and checked, face model bound. Beside it
stands what importing PyTorch takes alone. On a machine that does nothing else, the clock is what a user waits.
"""

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

from hiface_pl.cli.main import TRAINING_VERBS, VERBS
from hiface_pl.face_models.derive import face_assets
from hiface_pl.face_models.open_face import OpenFace
from hiface_pl.pretrained import shipped_model
from hiface_pl.report.benchmark import finish_benchmark

HELP, READY = 0.5, 3.0
"""Seconds that are asked for."""
MAIN = "import sys; from hiface_pl.cli.main import main; sys.exit(main(sys.argv[1:]))"
OPEN = """
import sys
from pathlib import Path
from rich.console import Console
from hiface_pl.cli.reconstruct_action import SkimageCascadeDetector, open_session
open_session(Path(sys.argv[1]), SkimageCascadeDetector(), Console(), meshes=True)
"""


def best_of(rounds: int, script: str, *arguments: str) -> dict[str, float]:
    """The least CPU time and the least clock time of `rounds` runs of a script in a new process, s."""
    seen = [_timed(script, arguments) for _ in range(rounds)]
    return {"cpu_s": round(min(cpu for cpu, _ in seen), 3), "clock_s": round(min(clock for _, clock in seen), 3)}


def _timed(script: str, arguments: tuple[str, ...]) -> tuple[float, float]:
    before, began = os.times(), time.monotonic()
    subprocess.run([sys.executable, "-c", script, *arguments], check=True, stdout=subprocess.DEVNULL)
    after = os.times()
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    return cpu, time.monotonic() - began


def main() -> None:
    """Measures, prints a table and records it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--checkpoint", type=Path, help="the network to load (the shipped one)")
    arguments = parser.parse_args()
    weights = arguments.checkpoint or shipped_model()
    face_assets(OpenFace().load())  # what is derived from the face model is there on every start but the first
    times = {"--help": best_of(arguments.rounds, MAIN, "--help")}
    for verb in (*TRAINING_VERBS, *VERBS):
        times[f"{verb} --help"] = best_of(arguments.rounds, MAIN, verb, "--help")
    times["import torch"] = best_of(arguments.rounds, "import torch")
    times["reconstruct, ready"] = best_of(arguments.rounds, OPEN, str(weights))
    table = Table(title="start-up, best of several", title_justify="left")
    for heading in ("command", "CPU, s", "clock, s", "asked for, s"):
        table.add_column(heading, justify="left" if heading == "command" else "right")
    for name, took in times.items():
        asked = f"{HELP:g}" if name.endswith("--help") else f"{READY:g}" if name.endswith("ready") else ""
        table.add_row(name, f"{took['cpu_s']:.2f}", f"{took['clock_s']:.2f}", asked)
    Console().print(table)
    finish_benchmark("startup", {"rounds": arguments.rounds, "weights": weights.name, "times": times})


if __name__ == "__main__":
    main()
