"""What `hiface-pl export` does."""

import argparse
import json
from dataclasses import replace

from rich.console import Console
from rich.table import Table

from hiface_pl.errors import ConfigError
from hiface_pl.paths import replacing
from hiface_pl.training.loading import read_stored
from hiface_pl.training.probe import farthest, take_probe
from hiface_pl.training.stored import StoredReconstructor
from hiface_pl.training.training_record import TrainingRecord, record_of_run, with_facts, with_scores
from hiface_pl.training.weight_file import halved, model_card, write_weight_file

SUFFIX = ".safetensors"


def run(arguments: argparse.Namespace) -> int:
    """Writes weights and card, and tells what is in them. Returns the exit code."""
    if arguments.out.suffix != SUFFIX:
        raise ConfigError(f"--out {arguments.out} does not end in {SUFFIX}: give it a name that does")
    console = Console(stderr=True, highlight=False)
    stored = read_stored(arguments.checkpoint)
    training = _training(stored, arguments)
    with console.status(f"exporting {arguments.checkpoint}"):
        rounded, change = _rounded(stored, half=arguments.half)
        licence = "; ".join(filter(None, (arguments.licence, stored.record.licence)))
        written = write_weight_file(
            replace(rounded, record=replace(stored.record, licence=licence), training=training.as_dict()), arguments.out
        )
    card = arguments.out.with_suffix(".json")
    with replacing(card) as temporary:
        temporary.write_text(json.dumps(model_card(written), indent=1) + "\n")
    console.print(_table(written, training, change))
    console.print(f"{arguments.out}\n{card}", soft_wrap=True)
    return 0


def _training(stored: StoredReconstructor, arguments: argparse.Namespace) -> TrainingRecord:
    """What is known, the more certain source last: the file itself or its run folder, scores, and the user's own word."""
    record = TrainingRecord.from_dict(stored.training) if stored.training else record_of_run(arguments.checkpoint, stored.step)
    if arguments.scores is not None:
        record = with_scores(record, arguments.scores)
    return record if arguments.facts is None else with_facts(record, arguments.facts)


def _rounded(stored: StoredReconstructor, *, half: bool) -> tuple[StoredReconstructor, str]:
    """The weights as they will be written, with the probe's answers to them, and how far rounding moved these."""
    network = stored.network()
    before = take_probe(network)
    weights = halved(stored.weights) if half else dict(stored.weights)
    network.load_state_dict(weights)
    name, distance = farthest(network, before)
    return replace(stored, weights=weights, probe=take_probe(network)), f"{100 * distance:.2g} % ({name})"


def _table(written: StoredReconstructor, training: TrainingRecord, change: str) -> Table:
    table = Table(title=f"{written.path.stat().st_size / 1e6:.2f} MB of weights", title_justify="left", show_header=False)
    table.add_row("licence", written.record.licence)
    table.add_row("largest change by rounding, probe", change)
    for name, value in training.as_dict().items():
        if name != "scores":
            table.add_row(
                name.replace("_", " "), "unknown" if value is None else "\n".join(value) if isinstance(value, list) else str(value)
            )
    skills = ((training.scores or {}).get("results") or {}).items()
    table.add_row("skills on held-out faces", ", ".join(f"{name} {entry['skill']:.3f}" for name, entry in skills) or "unknown")
    return table


def _text(value: object) -> str:
    if isinstance(value, list):
        return "\n".join(map(str, value))
    return "unknown" if value is None else str(value)
