"""What `hiface-pl data synth` does, with its imports."""

import argparse
from functools import partial

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from hiface_pl.cli.dry_run import dry_run
from hiface_pl.data.engines.named_engine import named_engine
from hiface_pl.data.engines.work import Work, meta_of
from hiface_pl.data.store import SampleStore
from hiface_pl.data.store_file import partial_folder
from hiface_pl.data.synthesize import write_store
from hiface_pl.face_models.derive import face_assets
from hiface_pl.face_models.named_source import named_source
from hiface_pl.synthesis.generator import Generator
from hiface_pl.synthesis.randomness import Grouping


def run(arguments: argparse.Namespace) -> int:
    """Makes a store with a progress bar; a finished one with the same settings is left as it is. Returns the exit code."""
    console = Console(stderr=True)
    grouping = Grouping(arguments.views, arguments.expressions)
    settings = (arguments.face_model, arguments.image_size, arguments.seed, arguments.split, arguments.detail, grouping)
    factory = partial(make_generator, *settings)
    if arguments.dry_run:
        dry_run(Work.of(factory, arguments.count), arguments.out, arguments.jobs or 1)
        return 0
    engine = named_engine(arguments.engine, arguments.jobs)
    if arguments.out.exists() and SampleStore(arguments.out).meta.same_samples(meta_of(factory(), arguments.count)):
        console.print(f"{arguments.out} is finished already", soft_wrap=True)
        return 0
    columns = (TextColumn("synthetic faces"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    try:
        with Progress(*columns, console=console) as bar:
            task = bar.add_task("synthetic faces", total=arguments.count)
            write_store(arguments.out, factory, arguments.count, engine, lambda done, _: bar.update(task, completed=done))
    except KeyboardInterrupt:
        console.print(f"stopped; what was made lies in {partial_folder(arguments.out)}: give the same command to go on", soft_wrap=True)
        raise
    console.print(f"{arguments.out}", soft_wrap=True)
    return 0


def make_generator(face_model: str, image_size: int, seed: int, split: str, detail: str, grouping: Grouping) -> Generator:
    """The generator of these options, in whichever process calls."""
    return Generator(face_assets(named_source(face_model).load()), image_size, seed, split, detail, grouping=grouping)  # type: ignore[arg-type]
