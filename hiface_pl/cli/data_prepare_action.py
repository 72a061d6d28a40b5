"""What `hiface-pl data prepare` does, with its imports."""

import argparse

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from hiface_pl.data.engines.named_engine import named_engine
from hiface_pl.data.photos.face_maker import Outcome
from hiface_pl.data.photos.perception import FETCHED
from hiface_pl.data.photos.photo_store import PhotoStore
from hiface_pl.data.photos.prepare import PrepareSettings, is_finished, prepare
from hiface_pl.data.photos.report import LEFT_OUT, PhotoReport
from hiface_pl.data.photos.sources import find_sources
from hiface_pl.data.store_file import partial_folder

NAMED = 30
"""Left-out pictures that are named on the console; the file names all."""


def run(arguments: argparse.Namespace) -> int:
    """Makes a store with a progress bar; a finished one of the same photos is left as it is. Returns the exit code."""
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    engine = named_engine(arguments.engine, arguments.jobs)
    sources = find_sources(arguments.photos, arguments.every, arguments.out)
    settings = PrepareSettings(arguments.image_size, arguments.smallest, arguments.sharp, arguments.largest, arguments.people)
    meta = settings.meta(sources, FETCHED)
    if is_finished(arguments.out, meta):
        console.print(f"{arguments.out} is finished already: {len(PhotoStore(arguments.out))} faces of {meta.photos} photos", markup=False)
        return 0
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    faces = 0
    try:
        with Progress(*columns, console=console) as bar:
            task = bar.add_task("photos", total=len(sources))

            def told(done: int, outcome: Outcome | None) -> None:
                nonlocal faces
                faces += len(outcome.records) if outcome else 0
                bar.update(task, completed=done, description=f"photos ({faces} faces)")

            report = prepare(arguments.out, sources, meta, engine, told)
    except KeyboardInterrupt:
        console.print(f"stopped; what was made lies in {partial_folder(arguments.out)}: give the same command to go on", markup=False)
        raise
    _tell(report, arguments, console)
    return 0


def _tell(report: PhotoReport, arguments: argparse.Namespace, console: Console) -> None:
    """What was kept, what was not and why, and where to look."""
    for name, what in report.left_out[:NAMED]:
        face = "" if what.face is None else f", face {what.face}"
        console.print(f"left out [bold]{escape(name)}[/bold]{face}: {what.reason} ({escape(what.detail)})")
    if len(report.left_out) > NAMED:
        console.print(f"and {len(report.left_out) - NAMED} more")
    if report.left_out:
        console.print(f"reasons: {report.reasons_in_words}; all of them in {arguments.out / LEFT_OUT}", markup=False)
    console.print(f"{report.faces} faces of {report.used} of {report.photos} photos; look at {arguments.out / 'sheet.png'}", markup=False)
    console.print(f"{arguments.out}", markup=False)
