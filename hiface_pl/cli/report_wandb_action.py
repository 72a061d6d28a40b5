"""What `hiface-pl report wandb` does, with its imports."""

import argparse
import os
from importlib import import_module
from pathlib import Path
from typing import Any

from rich.console import Console

from hiface_pl.errors import ConfigError, EvaluationError
from hiface_pl.matrix.status import records_under
from hiface_pl.paths import replacing

PROJECT = "hiface_pl"
ONLINE = {"online", "shared"}


def run(arguments: argparse.Namespace) -> int:
    """Writes the definition, and creates the dashboard where W&B can be reached. Returns the exit code. Raises HifaceError."""
    try:
        module = import_module("hiface_pl.report.wandb_dashboard")
    except ModuleNotFoundError as error:
        raise ConfigError(
            "hiface-pl report wandb needs wandb-workspaces, which is not installed: give `pip install 'hiface-pl[wandb]'`"
        ) from error
    records = records_under(arguments.runs, arguments.scale)
    if not records:
        raise EvaluationError(f"no row of scale {arguments.scale} was begun under {arguments.runs}: give `hiface-pl matrix run` first")
    entity = arguments.entity or os.environ.get("WANDB_ENTITY", "")
    project = arguments.project or os.environ.get("WANDB_PROJECT") or PROJECT
    report = module.dashboard(module.Compared.of(records, arguments.scale), project, entity)
    path: Path = arguments.out or arguments.runs / arguments.scale / "dashboard.json"
    with replacing(path) as temporary:
        temporary.write_text(module.definition(report) + "\n", encoding="utf-8")
    console = Console(highlight=False)
    console.print(str(path), soft_wrap=True, markup=False)
    if os.environ.get("WANDB_MODE", "offline") in ONLINE:
        console.print(_send(report), soft_wrap=True, markup=False)
    else:
        console.print("not sent: give the command with WANDB_MODE=online to create the dashboard", soft_wrap=True)
    return 0


def _send(report: Any) -> str:
    """Creates the dashboard. Returns its address, or why there is none."""
    wandb = import_module("wandb")
    try:
        if not wandb.login(prompt=False):
            return "W&B stays offline: there is no login on this machine, `wandb login` makes one"
        report.entity = report.entity or wandb.Api().default_entity
        report.save()
        return str(report.url)
    except (wandb.errors.Error, OSError, ValueError) as error:
        return f"W&B stays offline: {' '.join(str(error).split())}"
