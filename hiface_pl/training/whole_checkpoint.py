"""Telling whole checkpoints from damaged ones, and finding the one to go on from."""

import zipfile
from pathlib import Path

SUFFIX = ".ckpt"


def damage(path: Path) -> str:
    """What is wrong with a file as an archive of tensors: empty where every part has the length and check sum that it was written with.

    torch itself does not hold the parts against their check sums when it reads them.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            broken = archive.testzip()
    except (zipfile.BadZipFile, EOFError, NotImplementedError) as error:
        return str(error) or type(error).__name__
    return f"its part {broken} does not match its check sum" if broken else ""


def previous_of(path: Path) -> Path:
    """Where the former content of a checkpoint is kept."""
    return path.with_stem(f"{path.stem}-previous")


def newest_whole(*folders: Path, but: Path | None = None) -> Path | None:
    """The newest whole checkpoint in these folders, leaving out `but` and what was not finished; None where there is none."""
    found = [path for folder in folders for path in folder.glob(f"*{SUFFIX}") if not path.name.startswith(".") and path != but]
    return next((path for path in sorted(found, key=_written, reverse=True) if not damage(path)), None)


def _written(path: Path) -> tuple[int, str]:
    return path.stat().st_mtime_ns, path.name
