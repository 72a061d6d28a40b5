"""What `hiface-pl evaluate detail` does, with its imports."""

import argparse

from rich.console import Console

from hiface_pl.cli.evaluate_realy_action import progress_bar
from hiface_pl.cli.named_network import load_named, named_weights
from hiface_pl.data.open_scans.meta import read_meta
from hiface_pl.errors import EvaluationError
from hiface_pl.evaluation.detail.detail_table import detail_table
from hiface_pl.evaluation.detail.set_measure import SetMeasure
from hiface_pl.inference.detector import SkimageCascadeDetector
from hiface_pl.paths import writable_folder

FAILURES = 5
"""So many are named on the terminal; detail.json has all."""


def run(arguments: argparse.Namespace) -> int:
    """Measures the set and prints the table. Returns the exit code: 1 where no face was found in an image."""
    console = Console(stderr=True)
    read_meta(arguments.benchmark)
    writable_folder(arguments.out)
    weights = named_weights(arguments.checkpoint)
    detector = None if arguments.boxes == "truth" else SkimageCascadeDetector()
    measure = SetMeasure(arguments.benchmark, load_named(weights, console), detector)
    with progress_bar(console) as progress:
        results = measure.run(weights, arguments.out, lambda *done: progress("people", *done))
    written = results.write(arguments.out)
    if len(results.failures) == len(results.pictures):
        raise EvaluationError(f"no image of {arguments.benchmark} was measured, the first because {results.failures[0].problem}")
    Console().print(detail_table(results))
    for row in results.failures[:FAILURES]:
        console.print(f"failed: {row.image}: {row.problem}", soft_wrap=True, markup=False)
    if len(results.failures) > FAILURES:
        console.print(f"failed: {len(results.failures) - FAILURES} more, see {written[0]}", soft_wrap=True)
    console.print(f"{arguments.out}", soft_wrap=True)
    return 1 if results.failures else 0
