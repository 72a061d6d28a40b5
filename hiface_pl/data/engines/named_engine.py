"""Engines as a command line names them."""

from importlib import import_module

from hiface_pl.data.engines.base import Engine
from hiface_pl.errors import ConfigError


def named_engine(name: str, jobs: int | None = None) -> Engine:
    """The engine in the file of this name beside this one (`local`, `ray`), or of a class path. Raises ConfigError."""
    path = name if "." in name else f"{__package__}.{name}.{name.capitalize()}Engine"
    module, _, class_name = path.rpartition(".")
    try:
        kind = getattr(import_module(module), class_name)
    except (ModuleNotFoundError, AttributeError, ValueError) as error:
        raise ConfigError(f"--engine {name} is neither local, nor ray, nor the class path of an engine ({error})") from error
    if not isinstance(kind, type) or not issubclass(kind, Engine):
        raise ConfigError(f"--engine {name} is not an Engine: name local, ray, or the class path of one")
    return kind(jobs)
