"""A configuration as the parser sees it: every default filled in, nothing built."""

import inspect
import json
from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Any

import lightning
from jsonargparse import ArgumentError
from lightning.pytorch.cli import LightningArgumentParser

from hiface_pl.cli.config_errors import explained, require_known_keys
from hiface_pl.cli.suite_arguments import add_suite_arguments
from hiface_pl.matrix.leaves import ARGUMENTS, CLASS, MISSING, at, same, told
from hiface_pl.matrix.minimality import RowOnBase, swapped
from hiface_pl.training.module import HiFaceModule

PLAIN = (int, float, str, bool, tuple, type(None))
WRAPPED = (("model", "reconstructor"), ("model", "losses"))
"""Parts that files write without a class, and the parser with the one that there is."""


class Resolver:
    """The arguments of `hiface-pl fit` without their command line: made once, for many configurations."""

    def __init__(self) -> None:
        self.parser = LightningArgumentParser(exit_on_error=False)
        self.parser.add_argument("--seed_everything", type=bool | int, default=True)
        self.parser.add_lightning_class_args(lightning.Trainer, "trainer")
        self.parser.add_lightning_class_args(HiFaceModule, "model")
        self.parser.add_lightning_class_args(lightning.LightningDataModule, "data", subclass_mode=True)
        add_suite_arguments(self.parser)
        self.known: dict[str, dict[str, Any]] = {}

    def resolve(self, content: Mapping[str, Any]) -> dict[str, Any]:
        """All leaves with their values. Raises ConfigError for what the parser refuses."""
        key = repr(content)
        if key not in self.known:
            self.known[key] = self._resolved(dict(content))
        return self.known[key]

    def _resolved(self, content: dict[str, Any]) -> dict[str, Any]:
        require_known_keys(content, self.parser)
        try:
            parsed = self.parser.parse_object(content)
        except ArgumentError as error:
            raise explained(error, self.parser) from error
        resolved: dict[str, Any] = json.loads(self.parser.dump(parsed, skip_unset=False, skip_validation=True, format="json"))
        return unwrapped(resolved)


def unwrapped(resolved: dict[str, Any]) -> dict[str, Any]:
    """What the parser dumped, with the parts that have but one class as files write them."""
    for section, part in WRAPPED:
        resolved[section][part] = resolved[section][part].get(ARGUMENTS, {})
    return resolved


def drifted(row: RowOnBase, found: Mapping[str, Any]) -> Iterator[str]:
    """Arguments of swapped classes that neither the row writes nor the class has as its default: the parser took them from elsewhere."""
    for part in swapped(row):
        name = at(found, (*part, CLASS))
        if name is MISSING:
            continue
        for argument, default in _defaults(name).items():
            place = (*part, ARGUMENTS, argument)
            value = at(found, place)
            if at(row.row, place) is MISSING and value is not MISSING and not same(value, default):
                yield f"{told(place)} is {value!r}, which it does not write and which is not the default of {name} ({default!r})"


def _defaults(class_path: str) -> dict[str, Any]:
    """Those that are plain values."""
    module, _, name = class_path.rpartition(".")
    parameters = inspect.signature(getattr(import_module(module), name)).parameters
    return {key: parameter.default for key, parameter in parameters.items() if isinstance(parameter.default, PLAIN)}
