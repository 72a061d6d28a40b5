"""What `hiface-pl report html` does."""

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path

from rich.console import Console

from hiface_pl.cli.matrix import RUNS
from hiface_pl.errors import EvaluationError
from hiface_pl.face_models.derive import building_is_told_to, face_assets
from hiface_pl.face_models.named_source import named_source
from hiface_pl.matrix.same_data import same_data
from hiface_pl.report.matrix_page.finished_rows import FACES, FoundRow, all_faces, faces_for, found_rows, shown_rows
from hiface_pl.report.matrix_page.kept_results import keep
from hiface_pl.report.matrix_page.page import Scenes, write_page
from hiface_pl.report.matrix_page.row_faces import RowFaces
from hiface_pl.report.matrix_page.row_facts import short_question
from hiface_pl.report.matrix_page.scene import Shown, face_scene, model_scene

MEGABYTE = 1e6
TABLES_ALONE = "This page was written without faces (--no-meshes)."
NO_FACES = "No faces were kept with these results, so there is nothing to show in 3D."


def run(arguments: argparse.Namespace) -> int:
    """Writes the page and prints its path and size. Raises HifaceError."""
    console = Console(highlight=False)
    root = arguments.results or arguments.runs or RUNS
    rows = found_rows(root, arguments.scale, arguments.seed)
    same_data([row.record for row in rows], arguments.scale)  # refuses rows that do not go together, before any work
    why = _why_no_faces(arguments, root)
    scenes = None if why else _scenes(arguments, root, rows, console)
    page = write_page(arguments.out, rows, arguments.scale, scenes, why)
    console.print(f"{page} ({page.stat().st_size / MEGABYTE:.1f} MB)", soft_wrap=True)
    if arguments.keep is not None:
        count = keep(rows, root, arguments.scale, arguments.keep)
        console.print(f"{arguments.keep}: {count} rows, for `hiface-pl report html --results {arguments.keep}`", soft_wrap=True)
    return 0


def _why_no_faces(arguments: argparse.Namespace, root: Path) -> str:
    if arguments.no_meshes:
        return TABLES_ALONE
    return NO_FACES if arguments.results and not (root / arguments.scale / FACES).is_dir() else ""


def _scenes(arguments: argparse.Namespace, root: Path, rows: Sequence[FoundRow], console: Console) -> Scenes:
    status = console.status("preparing the face model")
    with status, building_is_told_to(lambda done, of: status.update(f"preparing the face model, this once: {done} of {of}")):
        assets = face_assets(named_source(arguments.face_model).load())
        chosen = faces_for(root, arguments.scale, rows, assets, arguments.faces)
        found, reasons = all_faces(rows, chosen, lambda row: status.update(f"faces of {row.record.plan.told}"))
        for name, reason in reasons.items():
            console.print(f"{name} is not shown in 3D: {reason}", soft_wrap=True)
        if not found:
            raise EvaluationError(f"no row under {root} has faces to show: --no-meshes writes the page without them")
        status.update("packing the faces")
        shown = [Shown("ground truth", "what the faces in the pictures really are", chosen.truth), *_shown(rows, found)]
        faces = [face_scene(number, chosen, shown, assets) for number in range(len(chosen.indices))]
        return Scenes(model_scene(assets, shown), faces, reasons, chosen.truth.about["store"], chosen.truth.about["chosen"])


def _shown(rows: Sequence[FoundRow], found: Mapping[str, RowFaces]) -> list[Shown]:
    records = [row.record for row in shown_rows(rows) if row.record.plan.name in found]
    return [Shown(record.plan.name, short_question(record), found[record.plan.name]) for record in records]
