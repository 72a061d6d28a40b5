"""`hiface-pl report WHERE ...`: shows finished rows of the matrix side by side. Each WHERE is a module beside this one."""

import argparse
from importlib import import_module

ACTIONS = {"html": "hiface_pl.cli.report_html", "wandb": "hiface_pl.cli.report_wandb"}
"""Each module has SUMMARY, `add_arguments(parser)` and `run(arguments)`, which returns an exit code; none imports much before it runs."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The actions and their options."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="|".join(ACTIONS))
    for name, module in ACTIONS.items():
        action = import_module(module)
        described = actions.add_parser(name, help=action.SUMMARY, description=action.__doc__, allow_abbrev=False)
        described.set_defaults(module=module)
        action.add_arguments(described)


def run(arguments: argparse.Namespace) -> int:
    """Runs the action. Returns the exit code."""
    return int(import_module(arguments.module).run(arguments))
