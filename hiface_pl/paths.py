"""Where the project keeps what it fetches and derives: everything hangs under HIFACE_HOME."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hiface_pl.errors import OutputError


def home() -> Path:
    """The folder named by HIFACE_HOME, or `hiface_pl` in the user's cache folder."""
    named = os.environ.get("HIFACE_HOME")
    if named:
        return Path(named).expanduser()
    return Path(os.environ.get("XDG_CACHE_HOME", "~/.cache")).expanduser() / "hiface_pl"


def derived_folder() -> Path:
    """Where what is computed from a face model (bases, masks) is kept between runs."""
    return home() / "derived"


def assets_folder() -> Path:
    """Where fetched third-party files are kept."""
    return home() / "assets"


def writable_folder(folder: Path) -> Path:
    """Creates `folder` and proves that files can be written there. Raises OutputError."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise OutputError(f"cannot write into {folder} ({error.strerror}): name another output folder") from error
    return folder


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yields a temporary path beside `path` (same suffix) that takes its name when the block ends without an error."""
    writable_folder(path.parent)
    temporary: Path | None = None
    try:
        handle, name = tempfile.mkstemp(prefix=f".{path.stem}-", suffix=path.suffix, dir=path.parent)
        os.close(handle)
        temporary = Path(name)
        yield temporary
        temporary.chmod(0o644)
        temporary.replace(path)
    except OSError as error:
        raise OutputError(f"cannot write {path} ({error.strerror}): free some space or name another place") from error
    finally:
        if temporary is not None:
            temporary.unlink(missing_ok=True)


def keep_names(folder: Path) -> None:
    """Brings the names in a folder to the disk, so that a power cut does not undo a rename."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
