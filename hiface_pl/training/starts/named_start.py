"""The start that a configuration names."""

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from jsonargparse import ArgumentError, ArgumentParser

from hiface_pl.errors import ConfigError
from hiface_pl.training.starts.base import Start


def named_start(settings: Mapping[str, Any] | None) -> Start | None:
    """What stands under `init_from`, built; None for null. Raises ConfigError where it is no start."""
    if settings is None:
        return None
    parser = ArgumentParser(exit_on_error=False)
    parser.add_subclass_arguments(Start, "init_from")
    try:
        start: Start = parser.instantiate(parser.parse_object({"init_from": deepcopy(dict(settings))})).init_from
    except ArgumentError as error:
        raise ConfigError(f"init_from names no start that can be used: {' '.join(str(error).split())}") from error
    return start
