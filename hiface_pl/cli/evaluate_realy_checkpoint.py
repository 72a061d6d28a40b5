"""`hiface-pl evaluate realy --checkpoint`: reconstructs the benchmark's images, then measures coarse and detailed meshes."""

import argparse
from functools import partial

from rich.console import Console

from hiface_pl.cli.evaluate_realy_action import progress_bar, report_failures
from hiface_pl.cli.named_network import load_named, named_weights
from hiface_pl.errors import ConfigError, EvaluationError
from hiface_pl.evaluation.realy import evaluate
from hiface_pl.evaluation.realy.benchmark_folder import BenchmarkFolder
from hiface_pl.evaluation.realy.comparison_table import comparison_table
from hiface_pl.evaluation.realy.mode import Mode
from hiface_pl.evaluation.realy.output_folder import OutputFolder, settings_of
from hiface_pl.evaluation.realy.predicted_meshes import MeshPredictor
from hiface_pl.evaluation.realy.prediction_folders import COARSE, DETAILED, PredictionFolder, prediction_folders, write_predictions
from hiface_pl.evaluation.realy.view import View
from hiface_pl.evaluation.true_boxes import TrueBoxes
from hiface_pl.inference.detector import SkimageCascadeDetector

TRUTH = "truth"
LABELS = {COARSE: "-c", DETAILED: "-d"}
"""Paper: how tables name coarse and detailed meshes."""


def run(arguments: argparse.Namespace) -> int:
    """Reconstructs, measures and prints one table. Returns the exit code: 1 where an image gave no mesh or a mesh failed."""
    if arguments.template is not None or arguments.mask is not None:
        raise ConfigError("--template and --mask belong to --predictions: the meshes of a --checkpoint have its face model's own template")
    console = Console(stderr=True)
    benchmark = BenchmarkFolder(arguments.benchmark)
    images, _ = benchmark.images(arguments.view), benchmark.subjects
    weights = named_weights(arguments.checkpoint)
    network = load_named(weights, console)
    known = arguments.boxes == TRUTH
    predictor = MeshPredictor(network, TrueBoxes(benchmark.path, network.assets.model) if known else SkimageCascadeDetector())
    folders = prediction_folders(predictor, arguments.out)
    for folder in folders:
        settings = settings_of(benchmark, View(arguments.view), Mode(arguments.mode), folder.template)
        OutputFolder.open(folder.results, settings)
    with progress_bar(console) as progress:
        told = partial(progress, "reconstructing")
        failures = write_predictions(predictor, weights, images, arguments.out, arguments.boxes, told)
        if len(failures) == len(images):
            raise EvaluationError(f"no image of {benchmark.path} gave a mesh, the first because {failures[images[0].stem]}")
        evaluations = {LABELS[folder.path.name]: _measure(benchmark, folder, arguments, progress) for folder in folders}
    Console().print(comparison_table(evaluations))
    if known:
        Console().print("faces were not looked for: --boxes truth")
    return max(report_failures(evaluation, console) for evaluation in evaluations.values())


def _measure(
    benchmark: BenchmarkFolder, folder: PredictionFolder, arguments: argparse.Namespace, progress: evaluate.Progress
) -> evaluate.Evaluation:
    label = LABELS[folder.path.name]
    return evaluate.evaluate_folder(
        benchmark,
        folder.path,
        folder.template,
        Mode(arguments.mode),
        folder.results,
        view=arguments.view,
        jobs=arguments.jobs,
        heat_maps=arguments.heatmaps,
        progress=lambda stage, *done: progress(f"{stage} {label}", *done),
    )
