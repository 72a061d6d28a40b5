"""`hiface-pl evaluate WHAT ...`: measures reconstructions against ground truth. Each WHAT is a module beside this one."""

import argparse

from hiface_pl.cli.actions import add_actions, run_action

ACTIONS = {"realy": "hiface_pl.cli.evaluate_realy", "detail": "hiface_pl.cli.evaluate_detail"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The actions and their options."""
    add_actions(parser, ACTIONS)


def run(arguments: argparse.Namespace) -> int:
    """Runs the action. Returns the exit code."""
    return run_action(arguments)
