"""`hiface-pl report WHERE ...`: shows finished rows of the matrix side by side. Each WHERE is a module beside this one."""

import argparse

from hiface_pl.cli.actions import add_actions, run_action

ACTIONS = {"html": "hiface_pl.cli.report_html", "wandb": "hiface_pl.cli.report_wandb"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The actions and their options."""
    add_actions(parser, ACTIONS)


def run(arguments: argparse.Namespace) -> int:
    """Runs the action. Returns the exit code."""
    return run_action(arguments)
