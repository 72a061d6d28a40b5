"""Engines as a command line names them."""

from importlib import import_module

from hiface_pl.errors import ConfigError
from hiface_pl.matrix.engines.base import Engine


def named_engine(name: str, jobs: int) -> Engine:
    """The engine in the file of this name beside this one (`local`), or of a class path. Raises ConfigError."""
    path = name if "." in name else f"{__package__}.{name}.{name.capitalize()}Engine"
    module, _, class_name = path.rpartition(".")
    try:
        kind = getattr(import_module(module), class_name)
    except (ModuleNotFoundError, AttributeError, ValueError) as error:
        raise ConfigError(f"--engine {name} is neither local nor the class path of an engine ({error})") from error
    if not isinstance(kind, type) or not issubclass(kind, Engine):
        raise ConfigError(f"--engine {name} is not an Engine: name local, or the class path of one")
    if jobs < 1:
        raise ConfigError(f"--jobs {jobs} carries out nothing: name at least 1")
    return kind(jobs)
