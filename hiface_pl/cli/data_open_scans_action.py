"""What `hiface-pl data open-scans` does, with its imports."""

import argparse
from functools import partial

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from hiface_pl.cli.data_synth_action import make_generator
from hiface_pl.data.open_scans.seating import SPLIT
from hiface_pl.data.open_scans.write_set import write_set
from hiface_pl.data.store_file import partial_folder
from hiface_pl.synthesis.randomness import Grouping


def run(arguments: argparse.Namespace) -> int:
    """Makes the set with a progress bar; a finished one with the same settings is left as it is. Returns the exit code."""
    console = Console(stderr=True)
    factory = partial(make_generator, arguments.face_model, arguments.image_size, arguments.seed, SPLIT, "outside", Grouping())
    columns = (TextColumn("open scans"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    try:
        with Progress(*columns, console=console) as bar:
            task = bar.add_task("open scans", total=arguments.subjects)
            write_set(
                arguments.out, factory, arguments.subjects, arguments.jobs, lambda done, of: bar.update(task, completed=done, total=of)
            )
    except KeyboardInterrupt:
        console.print(f"stopped; what was made lies in {partial_folder(arguments.out)}: give the same command to go on", soft_wrap=True)
        raise
    console.print(f"{arguments.out}", soft_wrap=True)
    return 0
