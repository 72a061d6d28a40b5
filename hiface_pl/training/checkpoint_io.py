"""How the trainer reads and writes checkpoints: whole or not at all, and never executing what a file holds."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from lightning.fabric.plugins.io.checkpoint_io import CheckpointIO
from typing_extensions import override

from hiface_pl.errors import OutputError
from hiface_pl.paths import keep_names, replacing
from hiface_pl.training.checkpoint import first_line, read_checkpoint
from hiface_pl.training.whole_checkpoint import damage, newest_whole, previous_of


class WholeFiles(CheckpointIO):
    """Writes to a temporary name, reads it back, and only then gives it its name; what had that name is kept as `NAME-previous.ckpt`.

    So a full disk, a killed process or a machine that goes down leave at least one whole checkpoint. Raises OutputError where a file
    cannot be written.
    """

    @override
    def save_checkpoint(self, checkpoint: dict[str, Any], path: str | Path, storage_options: Any = None) -> None:
        path = Path(path)
        with _told(path), replacing(path) as temporary:
            with temporary.open("wb") as file:
                torch.save(checkpoint, file)
                file.flush()
                os.fsync(file.fileno())
            found = damage(temporary)
            if found:
                raise OSError(f"what was written cannot be read back: {found}")
            _keep_former(path)
        keep_names(path.parent)

    @override
    def load_checkpoint(self, path: str | Path, map_location: Any = "cpu", weights_only: bool | None = None) -> dict[str, Any]:
        return read_checkpoint(Path(path))

    @override
    def remove_checkpoint(self, path: str | Path) -> None:
        Path(path).unlink(missing_ok=True)


@contextmanager
def _told(path: Path) -> Iterator[None]:
    """Turns what the system and torch say about a file that cannot be written into a sentence with the checkpoint to go on from."""
    try:
        yield
    except (OSError, RuntimeError, OutputError) as error:
        kept = newest_whole(path.parent)
        after = f"go on with --ckpt_path {kept}, which is whole" if kept else "no checkpoint was written before"
        raise OutputError(
            f"training stopped because the checkpoint {path} cannot be written ({_reason(error)}): free some space; {after}"
        ) from error


def _reason(error: BaseException | None) -> str:
    """What the system said, wherever torch wrapped it."""
    first = error
    while error is not None:
        if isinstance(error, OSError) and error.strerror:
            return error.strerror
        error = error.__cause__ or error.__context__
    return first_line(first) if first is not None else ""


def _keep_former(path: Path) -> None:
    """Gives the file a second name, so that there is no moment without it; where the file system knows no links, the name moves."""
    if not path.exists():
        return
    second = path.with_name(f".{path.name}.former")
    second.unlink(missing_ok=True)
    try:
        os.link(path, second)
    except OSError:
        path.replace(second)
    second.replace(previous_of(path))
