"""The rows that a page is about, where they lie, and what each makes of the chosen faces."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from hiface_pl.data.datamodule import missing_store
from hiface_pl.data.store import SampleStore
from hiface_pl.errors import EvaluationError, HifaceError, StoreError
from hiface_pl.face_models.face_assets import FaceAssets
from hiface_pl.matrix.published import published
from hiface_pl.matrix.row_record import RowRecord, State, read_record
from hiface_pl.matrix.status import record_files
from hiface_pl.report.matrix_page.chosen_faces import ChosenFaces, batch_of, chosen
from hiface_pl.report.matrix_page.reconstructed import reconstructed
from hiface_pl.report.matrix_page.row_faces import FILE, RowFaces
from hiface_pl.training.loading import load_reconstructor
from hiface_pl.training.whole_checkpoint import newest_whole

FACES = "faces"
"""The folder of the chosen faces beside those of the seeds."""


@dataclass(frozen=True)
class FoundRow:
    """A row's record and the folder that it was found in, which need not be the one that it was made in."""

    folder: Path
    record: RowRecord

    @property
    def done(self) -> bool:
        """Whether it was trained and tested."""
        return self.record.state is State.DONE


def found_rows(root: Path, scale: str, seeds: Sequence[int] = ()) -> list[FoundRow]:
    """All rows of a scale, by seed and in the paper's order. Raises EvaluationError where none is finished."""
    found = [FoundRow(path.parent, read_record(path)) for path in record_files(root, scale, seeds)]
    if not any(row.done for row in found):
        others = sorted(path.name for path in root.glob("*") if path.name != scale and any(path.glob("seed*/*/row.json")))
        also = f"; there are rows of scale {', '.join(others)}" if others else ""
        begun = f"{len(found)} begun, none finished" if found else "no row"
        raise EvaluationError(f"{begun} of scale {scale} under {root}{also}: train some with `hiface-pl matrix run`, or name another one")
    return sorted(found, key=lambda row: (row.record.plan.seed, *place_of(row.record.plan.name)))


def place_of(name: str) -> tuple[int, str]:
    """Sorts rows: those of Table 1 as the paper has them, then the others by name."""
    paper = [each.row for each in published() if each.row]
    return (paper.index(name) if name in paper else len(paper), name)


def shown_rows(rows: Sequence[FoundRow]) -> list[FoundRow]:
    """Those that are shown in 3D: each finished row once, of its first finished seed."""
    first: dict[str, FoundRow] = {}
    for row in rows:
        if row.done:
            first.setdefault(row.record.plan.name, row)
    return sorted(first.values(), key=lambda row: place_of(row.record.plan.name))


def faces_for(root: Path, scale: str, rows: Sequence[FoundRow], assets: FaceAssets, indices: Sequence[int]) -> ChosenFaces:
    """The chosen faces that lie beside the rows; else they are chosen now and kept there. Raises HifaceError."""
    folder = root / scale / FACES
    if folder.is_dir():
        kept = ChosenFaces.read(folder)
        kept.require(assets, folder)
        if not indices or tuple(indices) == kept.indices:
            return kept
    faces = chosen(_test_store(rows), assets, indices)
    faces.write(folder)
    return faces


def row_faces(row: FoundRow, faces: ChosenFaces, rows: Sequence[FoundRow]) -> RowFaces:
    """What lies in the row's folder, if it is about these faces; else its network reconstructs them, which is kept. Raises HifaceError."""
    path = row.folder / FILE
    about = faces.key | {"row": row.record.plan.name, "seed": row.record.plan.seed, "digest": row.record.plan.digest}
    if path.is_file():
        kept = RowFaces.read(path)
        if {name: kept.about.get(name) for name in about} == about:
            return kept
    checkpoint = newest_whole(*row.folder.glob("fit-*/checkpoints"))
    if checkpoint is None:
        raise EvaluationError(f"{row.folder} has neither {FILE} about these faces nor a checkpoint")
    network, store = load_reconstructor(checkpoint), _test_store(rows)
    store.require(image_size=network.image_size)
    made = reconstructed(network, batch_of(store, faces.indices).image, about)
    made.write(path)
    return made


def all_faces(
    rows: Sequence[FoundRow], faces: ChosenFaces, progress: Callable[[FoundRow], None]
) -> tuple[dict[str, RowFaces], dict[str, str]]:
    """By row, what each makes of the faces, and why some have nothing to show."""
    made: dict[str, RowFaces] = {}
    reasons: dict[str, str] = {}
    for row in shown_rows(rows):
        progress(row)
        try:
            made[row.record.plan.name] = row_faces(row, faces, rows)
        except HifaceError as error:
            reasons[row.record.plan.name] = str(error)
    return made, reasons


def _test_store(rows: Sequence[FoundRow]) -> SampleStore:
    """The held-out faces that the finished rows were tested on. Raises StoreError."""
    record = next(row.record for row in rows if row.done)
    settings = (record.plan.config.get("data") or {}).get("init_args") or {}
    if "test" not in settings:
        raise StoreError(f"{record.path} names no store of test faces, so there is nothing to show in 3D: --no-meshes leaves that part out")
    path = Path(settings["test"])
    if not path.exists():
        raise StoreError(f"{missing_store(path, 'test', settings['image_size'])}; --no-meshes leaves out the faces in 3D")
    store = SampleStore(path)
    tested = record.data.get("test", {}).get("command", store.meta.command)
    if tested != store.meta.command:
        raise StoreError(f"the store {path} is not the one that {record.path} was tested on: make that one with `{tested} --out {path}`")
    return store
