"""Where a run writes: one folder a run, `RUNS/NAME/VERB-TIME` or `VERB-jobID`, with the configuration, logs, checkpoints and results."""

import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hiface_pl.errors import CheckpointError
from hiface_pl.launch import RUN_FOLDER, Launch
from hiface_pl.paths import writable_folder
from hiface_pl.training.whole_checkpoint import newest_whole

LAST = "last"
"""What `--ckpt_path` may be given instead of a file."""


def new_run_folder(runs: Path, name: str, verb: str) -> Path:
    """Creates the folder of this run; a second run in the same second gets a number. Processes that the first one started take its folder.
    Raises OutputError.
    """
    given = os.environ.get(RUN_FOLDER)
    if given and not Launch.current().is_first:
        return Path(given)
    label = _label()
    folder = runs / name / f"{verb}-{label}"
    number = 1
    while folder.exists():
        number += 1
        folder = runs / name / f"{verb}-{label}-{number}"
    os.environ[RUN_FOLDER] = str(folder)
    return writable_folder(folder)


def checkpoint_to_go_on_from(given: str | None, runs: Path, name: str, verb: str) -> Path | None:
    """The file that `--ckpt_path` names. `last` is the newest whole checkpoint of this name's runs.

    Without any, a SLURM job that was put back into the queue goes on from its own newest one. Raises CheckpointError if `last` finds none.
    """
    job = os.environ.get("SLURM_JOB_ID")
    if given == LAST:
        found = newest_whole(*(runs / name).glob("fit-*/checkpoints"))
        if found is None:
            raise CheckpointError(f"there is no whole checkpoint under {runs / name}: name one, or train one with `hiface-pl fit`")
        return found
    if given is None and verb == "fit" and job and os.environ.get("SLURM_RESTART_COUNT", "0") != "0":
        return newest_whole(*(runs / name).glob(f"fit-job{job}*/checkpoints"))
    return Path(given) if given else None


def point_loggers_to(loggers: Any, folder: Path, run: Mapping[str, Any]) -> Any:
    """The loggers of a configuration, writing into the run's folder. `True`, `False` and null stay as they are.

    `run` holds the name and what else a logger may want to know about the run: each takes what it has an argument for and was not given.
    """
    if not isinstance(loggers, list):
        return loggers if isinstance(loggers, bool) or loggers is None else _placed(loggers, folder, run)
    return [_placed(logger, folder, run) for logger in loggers]


def _label() -> str:
    """The time, or SLURM's job and how often it was put back into the queue: the same for all processes of the job."""
    job, restarts = os.environ.get("SLURM_JOB_ID"), os.environ.get("SLURM_RESTART_COUNT", "0")
    if not job:
        return datetime.now(UTC).astimezone().strftime("%Y%m%d-%H%M%S")
    return f"job{job}" if restarts == "0" else f"job{job}-restart{restarts}"


def _placed(logger: Any, folder: Path, run: Mapping[str, Any]) -> Any:
    arguments = dict(logger["init_args"])
    if "save_dir" in arguments:
        arguments["save_dir"] = str(folder)
    if logger["class_path"].endswith("CSVLogger"):
        return _updated(logger, arguments | {"name": "", "version": ""})
    if arguments.get("name") in {None, "lightning_logs"}:
        arguments["name"] = run["name"]
    return _updated(logger, arguments | {key: value for key, value in run.items() if key in arguments and arguments[key] is None})


def _updated(logger: Any, arguments: dict[str, Any]) -> Any:
    copy = logger.clone()
    for key, value in arguments.items():
        copy["init_args"][key] = value
    return copy
