"""What `hiface-pl assets` does."""

import argparse

from rich.console import Console
from rich.table import Table

from hiface_pl.assets.fetch import State, command, fetch, place_of, state_of
from hiface_pl.assets.manifest import MANIFEST, Asset, assets_named
from hiface_pl.errors import AssetError
from hiface_pl.paths import assets_folder


def run(arguments: argparse.Namespace) -> int:
    """Runs the action. Returns the exit code."""
    if arguments.action == "list":
        Console().print(_listing())
    elif arguments.action == "get":
        _get(assets_named(arguments.names))
    else:
        _check(arguments.names)
    return 0


def _listing() -> Table:
    table = Table(title=f"assets in {assets_folder()}")
    for column in ("name", "package", "MB", "state", "licence", "needed by"):
        table.add_column(column, overflow="fold")
    for entry in MANIFEST:
        package = f"{entry.package.name} {entry.package.version} ({entry.client.program.split()[-1]})"
        name = f"{entry.name} ({', '.join(entry.groups)})" if entry.groups else entry.name
        table.add_row(name, package, f"{entry.size / 1e6:.0f}", state_of(entry).value, entry.licence, entry.needed_by)
    return table


def _get(entries: list[Asset]) -> None:
    """Fetches one after the other; an asset that is there is not fetched again. Raises AssetError."""
    console = Console(stderr=True)
    for entry in entries:
        with console.status(f"{entry.name}: {entry.size / 1e6:.0f} MB with {entry.client.program}"):
            path = fetch(entry.name)
        console.print(f"{entry.name}: {path}, licence: {entry.licence}", highlight=False, soft_wrap=True)


def _check(names: list[str]) -> None:
    """Compares the named assets, or all that were fetched. Raises AssetError for the first that is altered, or named and missing."""
    console = Console(stderr=True)
    wanted = assets_named(names) if names else [entry for entry in MANIFEST if state_of(entry) is not State.MISSING]
    states = [(entry, state_of(entry)) for entry in wanted]
    for entry, found in states:
        console.print(f"{entry.name}: {found.value}", highlight=False)
    for entry, found in states:
        if found is not State.PRESENT:
            raise AssetError(f"{place_of(entry)} is {found.value}: fetch it with `{command(entry)}`")
    console.print(f"{len(states)} of {len(MANIFEST)} assets are there, each with the sha256 that it should have", highlight=False)
