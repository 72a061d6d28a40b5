"""How good is the network of the package on 500 synthetic people that no training has seen? The last line is JSON.

    python benchmarks/shipped.py [--checkpoint FILE] [--stores data/bench-shipped]

Once with wrinkles inside the displacement bases, as in training, and once with wrinkles of freshly authored subjects, which the bases
cannot hold whole. The faces are drawn if they are not there yet (three CPU-minutes); measuring takes three more.
"""

import argparse
import json
import tempfile
from pathlib import Path

from rich.console import Console
from rich.table import Table

from hiface_pl.pretrained import shipped_model
from hiface_pl.report.benchmark import finish_benchmark
from hiface_pl.report.own_commands import require_done, run_command

COUNT, SIZE = 500, 224
CONFIG = "experiments/shipped/finish.yaml"
GOALS = {"identity_rigid": 0.18, "identity_similarity": 0.18, "expression": 0.33, "static_map": 0.15, "compressed_map": 0.10}
"""Skills inside the bases that the network of the package has to reach."""
MOST = {"landmarks": 1.8, "pose": 2.5}
"""Errors that it must not exceed there: per cent of the root of the box's area, degrees."""


def main() -> None:
    """Measures both sets, prints a table and records it."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--checkpoint", type=Path, help="a checkpoint or weight file; the package's own network if not given")
    parser.add_argument("--stores", type=Path, default=Path("data/bench-shipped"), help="folder for the faces")
    arguments = parser.parse_args()
    weights = arguments.checkpoint or shipped_model()
    sets = {kind: measured(weights, drawn(arguments.stores, kind)) for kind in ("inside", "outside")}
    print_table(sets)
    inside = sets["inside"]["results"]
    met = all(inside[name]["skill"] >= least for name, least in GOALS.items()) and all(
        inside[name]["error"] <= most for name, most in MOST.items()
    )
    data = "same data: our open synthetic faces, not a REALY result"
    finish_benchmark("shipped", {"data": data, "weights": weights.name, **sets, "met": met}, seed=0)


def drawn(folder: Path, kind: str) -> Path:
    """The store of this kind of wrinkles, drawn now where it is missing or unfinished."""
    store = folder / kind
    words = ["--split", "test", "--count", str(COUNT), "--image-size", str(SIZE), "--detail", kind, "--out", str(store)]
    require_done(run_command(["data", "synth", *words]), f"the store {store} could not be made")
    return store


def measured(weights: Path, store: Path) -> dict[str, object]:
    """Scores of `hiface-pl test`."""
    with tempfile.TemporaryDirectory() as runs:
        words = ["--config", CONFIG, "--data.test", str(store), "--ckpt_path", str(weights), "--runs", runs]
        require_done(run_command(["test", *words]), f"{weights} could not be measured on {store}")
        (scores,) = Path(runs).rglob("scores.json")
        found: dict[str, object] = json.loads(scores.read_text())
    return {name: found[name] for name in ("samples", "results", "static_amplitude_r2", "amplitude_estimate_r2")}


def print_table(sets: dict[str, dict[str, object]]) -> None:
    """Errors and skills of both sets, and what the bases allow."""
    table = Table("quantity", "unit", *(f"{kind}: {what}" for kind in sets for what in ("error", "skill")))
    for name in sets["outside"]["results"]:
        rows = [found["results"].get(name) for found in sets.values()]
        cells = [cell for row in rows for cell in (("", "") if row is None else (f"{row['error']:.4g}", f"{row['skill']:.3f}"))]
        table.add_row(name.replace("_", " "), rows[-1]["unit"], *cells)
    Console().print(table)


if __name__ == "__main__":
    main()
