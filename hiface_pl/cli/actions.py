"""Verbs whose actions are modules of their own.

Each module has SUMMARY, `add_arguments(parser)` and `run(arguments)`, which returns an exit code; none imports much before it runs.
"""

import argparse
from collections.abc import Mapping
from importlib import import_module


def add_actions(parser: argparse.ArgumentParser, modules: Mapping[str, str]) -> None:
    """The actions by name and their options."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="|".join(modules))
    for name, module in modules.items():
        action = import_module(module)
        described = actions.add_parser(name, help=action.SUMMARY, description=action.__doc__, allow_abbrev=False)
        described.set_defaults(module=module)
        action.add_arguments(described)


def run_action(arguments: argparse.Namespace) -> int:
    """Runs the action that was named. Returns the exit code."""
    return int(import_module(arguments.module).run(arguments))
