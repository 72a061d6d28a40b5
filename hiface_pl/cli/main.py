"""The command `hiface-pl VERB ...`: picks the verb's module, imports only that one, and turns errors into one sentence and an exit code.

Exit codes: 0 done, 1 a process of the training was lost or some meshes of an evaluation failed, 2 an input that cannot be used,
130 stopped by Ctrl-C, 143 stopped by SIGTERM.
"""

import argparse
import difflib
import os
import sys
from collections.abc import Sequence
from importlib import import_module

from hiface_pl.errors import ConfigError, HifaceError
from hiface_pl.launch import Launch

INTERRUPTED = 130

TRAINING_VERBS = {
    "fit": "train a reconstructor as a YAML describes it",
    "validate": "measure a checkpoint on the validation set",
    "test": "measure a checkpoint on held-out identities and print the table",
    "predict": "reconstruct every sample of a store",
}
"""Verbs of the trainer: `hiface_pl.cli.training_verbs` reads their arguments, which are those of the YAML files."""

VERBS = {
    "assets": ("hiface_pl.cli.assets", "list, fetch and check the networks and data that stay outside the package"),
    "data": ("hiface_pl.cli.data", "make synthetic faces with ground truth, and look at them"),
    "face-model": ("hiface_pl.cli.face_model", "build, describe and show face models"),
    "reconstruct": ("hiface_pl.cli.reconstruct", "turn photos into detailed 3D faces"),
    "evaluate": ("hiface_pl.cli.evaluate", "measure meshes and details against ground truth: REALY, open-scans"),
    "config": ("hiface_pl.cli.config", "check that rows change what they write and nothing else; compare configurations"),
    "matrix": ("hiface_pl.cli.matrix", "train, test and compare the rows of the paper's table and the ablations"),
    "report": ("hiface_pl.cli.report", "show finished rows of the matrix side by side"),
    "export": ("hiface_pl.cli.export", "write what a training learned as one small file, safe to hand on"),
    "demo": ("hiface_pl.cli.demo", "run everything once, small: data, training, test, reconstruction"),
}
"""Other verbs: each module has `add_arguments(parser)` and `run(arguments)`, which returns an exit code or None."""


def entry_point() -> None:
    """What the installed command calls.

    OpenMP's threads sleep while they wait: as it is by default, two that share cores with another program wait for each other in loops, and
    a photo of 2 s took 16.
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    sys.exit(main(sys.argv[1:]))


def main(arguments: Sequence[str]) -> int:
    """Runs one command line and returns its exit code."""
    try:
        return _run(list(arguments))
    except HifaceError as error:
        sentence = Launch.current().says(error)
        sys.stderr.write(f"{sentence}\n" if sentence else "")
        return error.exit_code
    except KeyboardInterrupt:
        sys.stderr.write("hiface-pl: stopped by Ctrl-C; what was finished before is kept\n")
        return INTERRUPTED


def _run(arguments: list[str]) -> int:
    if not arguments or arguments[0] in {"-h", "--help", "help"}:
        sys.stdout.write(short_help())
        return 0
    if arguments[0] == "--version":
        return _version()
    verb, *rest = arguments
    if verb in TRAINING_VERBS:
        return int(import_module("hiface_pl.cli.training_verbs").run_verb(verb, rest))
    if verb not in VERBS:
        raise ConfigError(f"there is no command {verb}{_closest(verb)}; `hiface-pl --help` lists the commands")
    return _run_module(verb, rest)


def _run_module(verb: str, arguments: list[str]) -> int:
    name, summary = VERBS[verb]
    module = import_module(name)
    parser = argparse.ArgumentParser(prog=f"hiface-pl {verb}", description=f"{summary[0].upper()}{summary[1:]}.", allow_abbrev=False)
    module.add_arguments(parser)
    try:
        parsed = parser.parse_args(arguments)
    except SystemExit as stop:
        return int(stop.code or 0)
    return int(module.run(parsed) or 0)


def short_help() -> str:
    """One line a verb."""
    summaries = TRAINING_VERBS | {verb: summary for verb, (_, summary) in VERBS.items()}
    width = max(len(verb) for verb in summaries)
    lines = [f"  {verb:<{width}}  {summary}" for verb, summary in summaries.items()]
    opening = "usage: hiface-pl VERB ...\n\n3D faces with static and dynamic detail from single images (HiFace in PyTorch Lightning).\n\n"
    return opening + "\n".join(lines) + "\n\n`hiface-pl VERB --help` tells more about a verb.\n"


def _version() -> int:
    version = import_module("importlib.metadata").version
    sys.stdout.write(f"hiface-pl {version('hiface-pl')}\n")
    return 0


def _closest(verb: str) -> str:
    names = difflib.get_close_matches(verb, [*TRAINING_VERBS, *VERBS], n=1)
    return f" (did you mean {names[0]}?)" if names else ""
