"""The faces, photos and scans that rows are trained and tested on: made where a scale is small, else named with their command."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console

from hiface_pl.errors import ConfigError
from hiface_pl.matrix.row_plan import RowPlan
from hiface_pl.report.own_commands import require_done, run_command

SPLITS = ("train", "val", "test")


@dataclass(frozen=True)
class Sizes:
    """Faces of each split and subjects of the open scan set; `made` where minutes are enough to make them."""

    train: int
    val: int
    test: int
    subjects: int
    made: bool


PUBLISHED = Sizes(200_000, 1_000, 1_000, 100, made=False)
SIZES = {"mini": Sizes(8_000, 200, 500, 8, made=True), "paper": PUBLISHED}
"""By scale; a scale of yours counts as the published one. Our choice, but for the 200,000 faces of the paper."""


@dataclass(frozen=True)
class Missing:
    """Data that is not there, and the command that makes it."""

    what: str
    path: Path
    command: tuple[str, ...]


def scans_of(config: Mapping[str, Any], scale: str) -> str:
    """Where the open scan set of a row's test lies: beside its test faces. Empty where it is off, named already, or no store is."""
    test, scans = _data(config).get("test"), config.get("scans") or {}
    if not scans or scans.get("init_args", {}).get("folder") is not None or not isinstance(test, str):
        return ""
    return str(Path(test).parent / f"open-scans-{_sizes(scale).subjects}")


def provide(plans: Sequence[RowPlan], jobs: int, console: Console) -> None:
    """Makes what rows need and is not there. Raises ConfigError, which names the command, where that would take more than minutes."""
    wanted = {missing.path: missing for plan in plans for missing in missing_for(plan)}
    for missing in wanted.values():
        command = [*missing.command, "--jobs", str(jobs)]
        if not _sizes(plans[0].scale).made:
            raise ConfigError(f"there is no {missing.what} {missing.path}: make it with `hiface-pl {' '.join(command)}`")
        console.print(f"making the {missing.what} {missing.path}: hiface-pl {' '.join(command)}", soft_wrap=True)
        require_done(run_command(command), f"the {missing.what} {missing.path} could not be made")


def missing_for(plan: RowPlan) -> list[Missing]:
    """The stores that a row's configuration names and that are not there, and its open scan set."""
    data, sizes, found = _data(plan.config), _sizes(plan.scale), []
    for split in SPLITS:
        path = data.get(split)
        if isinstance(path, str) and not Path(path).exists():
            options = ("--count", str(getattr(sizes, split)), "--image-size", str(data.get("image_size", 112)))
            found.append(Missing(f"{split} store", Path(path), ("data", "synth", "--split", split, *options, "--out", path)))
    found += _photos(data, sizes)
    if plan.scans and not Path(plan.scans).exists():
        command = ("data", "open-scans", "--subjects", str(sizes.subjects), "--out", plan.scans)
        found.append(Missing("open scan set", Path(plan.scans), command))
    return list(dict.fromkeys(found))


def _photos(data: Mapping[str, Any], sizes: Sizes) -> Iterator[Missing]:
    """Stores of photos: where a scale is small, the few that can be fetched, in one folder; and synthetic images with hidden labels."""
    size = ("--image-size", str(data.get("image_size", 112)))
    for path in (path for name in ("photos", "photos_val") for path in _absent(data.get(name))):
        if sizes.made:
            folder = Path(path).parent
            yield Missing("stores of photos", folder, ("data", "open-photos", *size, "--out", str(folder)))
        else:
            yield Missing("store of photos", Path(path), ("data", "prepare", "PHOTOS", "--people", *size, "--out", path))
    for path in _absent(data.get("seen")) if data.get("hide_labels") else ():
        command = ("data", "prepare", str(data.get("train")), *size, "--sharp", "0", "--out", path)
        yield Missing("store of images with hidden labels", Path(path), command)


def _absent(path: Any) -> tuple[str, ...]:
    """The path, if it is one and nothing is there."""
    return (path,) if isinstance(path, str) and not Path(path).exists() else ()


def _data(config: Mapping[str, Any]) -> Mapping[str, Any]:
    return (config.get("data") or {}).get("init_args") or {}


def _sizes(scale: str) -> Sizes:
    return SIZES.get(scale, PUBLISHED)
