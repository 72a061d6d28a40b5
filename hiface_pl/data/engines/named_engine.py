"""Engines as a command line names them."""

from hiface_pl.data.engines.base import Engine
from hiface_pl.named_class import named_engine_class


def named_engine(name: str, jobs: int | None = None) -> Engine:
    """The engine in the file of this name beside this one (`local`, `ray`), or of a class path. Raises ConfigError."""
    return named_engine_class(name, Engine, __package__)(jobs)  # type: ignore[type-abstract]  # a base, to be held against
