"""Engines as a command line names them."""

from hiface_pl.errors import ConfigError
from hiface_pl.matrix.engines.base import Engine
from hiface_pl.named_class import named_engine_class


def named_engine(name: str, jobs: int | None = None) -> Engine:
    """The engine in the file of this name beside this one (`local`, `ray`), or of a class path. Raises ConfigError."""
    if jobs is not None and jobs < 1:
        raise ConfigError(f"--jobs {jobs} carries out nothing: name at least 1")
    return named_engine_class(name, Engine, __package__)(jobs)  # type: ignore[type-abstract]  # a base, to be held against
