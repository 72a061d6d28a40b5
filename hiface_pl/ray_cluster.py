"""The Ray cluster that this process belongs to, or that RAY_ADDRESS names. Ray is imported when it is asked for."""

import logging
import os
import socket
from importlib import import_module
from typing import Any

from hiface_pl.errors import ConfigError

PATIENCE = 10.0
"""Seconds in which the machine that RAY_ADDRESS names has to answer."""


def imported_ray() -> Any:
    """The package. Raises ConfigError where it is not installed."""
    try:
        return import_module("ray")
    except ModuleNotFoundError as error:
        raise ConfigError("--engine ray needs Ray, which is not installed: give `pip install 'hiface-pl[ray]'`") from error


def connect(ray: Any) -> bool:
    """Whether this call made the connection, which somebody else had made otherwise. Raises ConfigError where no cluster answers."""
    if ray.is_initialized():
        return False
    try:
        _require_answer(os.environ.get("RAY_ADDRESS", ""))
        ray.init(address="auto", log_to_driver=False, logging_level=logging.ERROR)
    except (ConnectionError, RuntimeError, ValueError) as error:
        raise ConfigError(
            f"no Ray cluster can be reached ({first_line(error)}): start one with `ray start --head`, or name one by RAY_ADDRESS"
        ) from error
    return True


def _require_answer(address: str) -> None:
    """Raises ConnectionError where nothing answers at `host:port`: Ray itself would try for many minutes."""
    host, _, port = address.removeprefix("ray://").rpartition(":")
    if host and port.isdigit():
        try:
            socket.create_connection((host.strip("[]"), int(port)), PATIENCE).close()
        except OSError as error:
            raise ConnectionError(f"{address}: {error.strerror or error}") from error


def enter_folder(folder: str) -> None:
    """Has this process, on whatever machine, work in the folder that the command was given in. Raises ConfigError."""
    try:
        os.chdir(folder)
    except OSError as error:
        raise ConfigError(
            f"machine {socket.gethostname()} has no folder {folder} ({error.strerror}): give the command in one that all machines have, "
            "with the data that it names"
        ) from error


def first_line(error: BaseException) -> str:
    """What an error of Ray's says, without the pages that follow."""
    return (str(error).strip() or type(error).__name__).splitlines()[0]
