"""Engines as a command line names them: by the file that holds one, or by a class path."""

from importlib import import_module
from typing import TypeVar

from hiface_pl.errors import ConfigError

Kind = TypeVar("Kind")


def named_engine_class(name: str, base: type[Kind], package: str) -> type[Kind]:
    """`local` is the LocalEngine in the file local.py of `package`; a name with dots is a class path. Raises ConfigError."""
    path = name if "." in name else f"{package}.{name}.{name.capitalize()}Engine"
    module, _, class_name = path.rpartition(".")
    try:
        kind = getattr(import_module(module), class_name)
    except (ModuleNotFoundError, AttributeError, ValueError) as error:
        raise ConfigError(f"--engine {name} is neither local, nor ray, nor the class path of an engine ({error})") from error
    if not isinstance(kind, type) or not issubclass(kind, base):
        raise ConfigError(f"--engine {name} is not an Engine: name local, ray, or the class path of one")
    return kind
