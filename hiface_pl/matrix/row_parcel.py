"""A row's folder as bytes, for machines that share no disk."""

import io
import tarfile
import tempfile
from pathlib import Path

from hiface_pl.errors import OutputError
from hiface_pl.paths import writable_folder


def pack(folder: Path) -> bytes:
    """The folder with all that lies in it, under its own name. Raises OutputError where there is none."""
    buffer = io.BytesIO()
    try:
        with tarfile.open(fileobj=buffer, mode="w") as archive:
            archive.add(folder, folder.name)
    except OSError as error:
        raise OutputError(f"{folder} cannot be handed on ({error.strerror}): give the command again") from error
    return buffer.getvalue()


def unpack(parcel: bytes, above: Path) -> None:
    """Puts the folder below `above`, in the place of one that has its name. Raises OutputError; that one is left then."""
    writable_folder(above)
    try:
        with tempfile.TemporaryDirectory(prefix=".parcel-", dir=above) as temporary:
            with tarfile.open(fileobj=io.BytesIO(parcel)) as archive:
                archive.extractall(temporary, filter="data")
            (folder,) = Path(temporary).iterdir()
            if (above / folder.name).exists():
                (above / folder.name).rename(Path(temporary) / ".former")
            folder.rename(above / folder.name)
    except OSError as error:
        raise OutputError(f"cannot write into {above} ({error.strerror}): free some space or name another place") from error
