"""Which files of a prediction folder are measured, which are missing, and which belong to nothing."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from hiface_pl.errors import EvaluationError
from hiface_pl.evaluation.realy.benchmark_folder import BenchmarkFolder
from hiface_pl.evaluation.realy.failure_reasons import read_reasons
from hiface_pl.evaluation.realy.names import row_order, subject_of, view_of
from hiface_pl.meshes.read_mesh import SUFFIXES


@dataclass(frozen=True)
class Prediction:
    """One row of the results: the mesh for an image of this name, or the reason why there is none."""

    name: str
    file: Path | None = None
    problem: str = ""


@dataclass(frozen=True)
class Predictions:
    """All rows in their fixed order, and how many files were left aside because they belong to the other view."""

    rows: tuple[Prediction, ...]
    left_aside: int = 0

    @classmethod
    def find(cls, folder: Path, benchmark: BenchmarkFolder, view: str) -> "Predictions":
        """A row for each image of the view and for each surplus mesh. Raises EvaluationError where there is no mesh at all."""
        files = _meshes(folder)
        wanted, subjects = set(benchmark.names(view)), set(benchmark.subjects)
        other = {name for name in set(files) - wanted if subject_of(name) in subjects and view_of(name) != view}
        names = sorted((wanted | set(files)) - other, key=row_order)
        if not wanted & set(files):
            raise EvaluationError(
                f"no mesh in {folder} is called like a {view} image of the benchmark: call each after the image it was made from, "
                f"{_in_short(wanted)}, instead of {_in_short(files)}"
            )
        reasons = read_reasons(folder)
        missing = f"{folder} has no mesh for this image"
        rows = (_row(name, files.get(name, []), name in wanted, reasons.get(name, missing)) for name in names)
        return cls(tuple(rows), sum(len(files[name]) for name in other))


def _meshes(folder: Path) -> dict[str, list[Path]]:
    if not folder.is_dir():
        raise EvaluationError(f"there is no folder of predictions {folder}: give the one that holds NAME.obj")
    files = defaultdict(list)
    for path in sorted(folder.iterdir()):
        if path.suffix.lower() in SUFFIXES and not path.name.startswith("."):
            files[path.stem].append(path)
    if not files:
        raise EvaluationError(f"{folder} has no meshes ({', '.join(SUFFIXES)}): give the folder that holds NAME.obj")
    return files


def _row(name: str, files: list[Path], wanted: bool, reason: str) -> Prediction:
    if not files:
        return Prediction(name, problem=reason)
    if not wanted:
        return Prediction(name, problem=f"{files[0].name} belongs to no image of the benchmark")
    if len(files) > 1:
        return Prediction(name, problem=f"it is there several times: {', '.join(file.name for file in files)}")
    return Prediction(name, files[0])


def _in_short(names: Iterable[str]) -> str:
    """The first few of the names and the last."""
    ordered = sorted(names, key=row_order)
    return ", ".join(ordered) if len(ordered) <= 4 else f"{', '.join(ordered[:3])}, ..., {ordered[-1]}"
