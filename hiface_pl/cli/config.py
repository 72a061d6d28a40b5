"""`hiface-pl config check` and `config diff`: what the arguments are. The work is in config_actions."""

import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The two actions."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="check|diff")
    check = actions.add_parser("check", help="prove that rows change what they write, and nothing else", allow_abbrev=False)
    check.add_argument("files", nargs="*", metavar="ROW", help="YAML files or names such as sd2; all of the checkout without")
    check.add_argument("--scale", metavar="NAME", help="one scale, such as paper or mini, instead of all")
    check.add_argument("--composed", action="store_true", help="look at the composed files only, without parser and classes: a second")
    diff = actions.add_parser("diff", help="show the leaves that differ between two configurations", allow_abbrev=False)
    for name in ("first", "second"):
        diff.add_argument(name, metavar=name.upper(), help="a YAML file, a name such as sd2, or the folder of a run")
    diff.add_argument("--scale", metavar="NAME", default="paper", help="scale of YAML files (default paper)")


def run(arguments: argparse.Namespace) -> int:
    """Runs the action. Raises ConfigError."""
    from hiface_pl.cli import config_actions  # noqa: PLC0415 - only when called

    if arguments.action == "check":
        return config_actions.check(arguments.files, arguments.scale, composed=arguments.composed)
    return config_actions.diff(arguments.first, arguments.second, arguments.scale)
