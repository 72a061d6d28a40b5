"""Where a run writes: one folder a run, `RUNS/NAME/VERB-TIME`, with the configuration, logs, checkpoints and results."""

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hiface_pl.paths import writable_folder

VARIABLE = "HIFACE_RUN_FOLDER"
"""Tells the other processes of the same run which folder the first one chose."""


def new_run_folder(runs: Path, name: str, verb: str) -> Path:
    """Creates the folder of this run; a second run in the same second gets a number. Raises OutputError."""
    given = os.environ.get(VARIABLE)
    if given and _is_other_process():
        return Path(given)
    stamp = datetime.now(UTC).astimezone().strftime("%Y%m%d-%H%M%S")
    folder = runs / name / f"{verb}-{stamp}"
    number = 1
    while folder.exists():
        number += 1
        folder = runs / name / f"{verb}-{stamp}-{number}"
    os.environ[VARIABLE] = str(folder)
    return writable_folder(folder)


def point_loggers_to(loggers: Any, folder: Path, name: str) -> Any:
    """The loggers of a configuration, writing into the run's folder. `True`, `False` and null stay as they are."""
    if not isinstance(loggers, list):
        return loggers if isinstance(loggers, bool) or loggers is None else _placed(loggers, folder, name)
    return [_placed(logger, folder, name) for logger in loggers]


def _placed(logger: Any, folder: Path, name: str) -> Any:
    arguments = dict(logger["init_args"])
    if "save_dir" in arguments:
        arguments["save_dir"] = str(folder)
    if logger["class_path"].endswith("CSVLogger"):
        arguments |= {"name": "", "version": ""}
    elif arguments.get("name") in {None, "lightning_logs"}:
        arguments["name"] = name
    return _updated(logger, arguments)


def _updated(logger: Any, arguments: dict[str, Any]) -> Any:
    copy = logger.clone()
    for key, value in arguments.items():
        copy["init_args"][key] = value
    return copy


def _is_other_process() -> bool:
    return os.environ.get("LOCAL_RANK", "0") != "0" or os.environ.get("NODE_RANK", "0") != "0"
