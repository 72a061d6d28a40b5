"""How long commands take to start: seconds of CPU and of the clock, the best of several; the last line is JSON.

    python benchmarks/startup.py [--rounds 5] [--checkpoint FILE]

`reconstruct, ready` is the command up to where it opens the first photo: everything imported, network loaded and checked, face model
bound. `reconstruct, one photo` is the whole command. Beside them stands what importing PyTorch takes alone. On a machine that does nothing
else, the clock is what a user waits.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from PIL import Image
from rich.console import Console
from rich.table import Table
from skimage.data import astronaut

from hiface_pl.cli.main import TRAINING_VERBS, VERBS
from hiface_pl.face_models.derive import face_assets
from hiface_pl.face_models.open_face import OpenFace
from hiface_pl.pretrained import shipped_model
from hiface_pl.report.benchmark import finish_benchmark

HELP, READY = 0.5, 3.0
"""Seconds that are asked for."""
MAIN = "import sys; from hiface_pl.cli.main import main; sys.exit(main(sys.argv[1:]))"
UNTIL_PHOTO = """
import os, sys
from hiface_pl.cli.main import main
def stop_at_the_photo(event, details):
    if event == "open" and details[0] == sys.argv[2]:
        os._exit(0)
sys.addaudithook(stop_at_the_photo)
main(sys.argv[1:])
sys.exit("the photo was never opened")
"""
TORCH = "import os, torch; os._exit(0)"


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
    times["import torch"] = best_of(arguments.rounds, TORCH)
    with tempfile.TemporaryDirectory() as folder:
        photo = Path(folder) / "astronaut.png"
        Image.fromarray(astronaut()).save(photo)
        command = ["reconstruct", str(photo), "--checkpoint", str(weights), "--out", folder]
        times["reconstruct, ready"] = best_of(arguments.rounds, UNTIL_PHOTO, *command)
        times["reconstruct, one photo"] = best_of(arguments.rounds, MAIN, *command)
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
