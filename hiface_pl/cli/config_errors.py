"""What is wrong with a configuration, in one sentence that offers the closest name."""

import difflib
import inspect
import re
from collections.abc import Iterable
from importlib import import_module
from typing import Any

from jsonargparse import ArgumentParser

from hiface_pl.errors import ConfigError

ACCEPTED = re.compile(r"Option '([^']+)' is not accepted")
CLASS = re.compile(r"Problem with given class_path '([^']+)'")
KEY = re.compile(r'Parser key "([^"]+)"')
UNRECOGNISED = re.compile(r"[Uu]nrecogni[sz]ed arguments?: (\S+)")


def require_known_keys(content: dict[str, Any], parser: ArgumentParser) -> None:
    """Raises ConfigError for the first key that the parser does not know at the top or in a section such as `trainer`.

    Inside `class_path` parts the parser itself complains; here it would only report that something is missing.
    """
    known = _known_keys(parser)
    for key, value in content.items():
        if key not in known:
            raise unknown_key(key, known)
        inside = known[key]
        if inside and isinstance(value, dict) and "class_path" not in value:
            for name in value:
                if name not in inside:
                    raise unknown_key(name, inside, where=key)


def explained(error: Exception) -> ConfigError:
    """A parser's message of several lines as one sentence."""
    text = str(error)
    where = ".".join(KEY.findall(text)).removeprefix("fit.")
    if match := ACCEPTED.search(text):
        classes = CLASS.findall(text)
        return unknown_key(match.group(1), _arguments(classes[-1]) if classes else (), where=where, owner=_short(classes))
    if match := UNRECOGNISED.search(text):
        return ConfigError(f"there is no option {match.group(1)}; `hiface-pl fit --help` shows the usual ones, `--help_all` every one")
    return ConfigError(_sentence(text, where))


def unknown_key(name: str, known: Iterable[str], where: str = "", owner: str = "") -> ConfigError:
    """The error for a key that nothing reads."""
    candidates = sorted(known)
    leaf = name.rsplit(".", maxsplit=1)[-1]
    close = difflib.get_close_matches(leaf, candidates, n=1, cutoff=0.5)
    hint = f"did you mean {close[0]}?" if close else f"it knows {', '.join(candidates)}" if candidates else "check its spelling"
    place = f" in {where}" if where else ""
    reader = f"{owner} has no argument {leaf}" if owner else f"there is no setting {leaf}"
    return ConfigError(f"{reader}{place}; {hint}")


def _known_keys(parser: ArgumentParser) -> dict[str, set[str]]:
    known: dict[str, set[str]] = {}
    for action in parser._actions:  # noqa: SLF001
        head, _, tail = action.dest.partition(".")
        names = known.setdefault(head, set())
        if tail:
            names.add(tail.split(".")[0])
    return known


def _arguments(class_path: str) -> list[str]:
    module, _, name = class_path.rpartition(".")
    try:
        constructor = getattr(import_module(module), name)
    except (ImportError, AttributeError, ValueError):
        return []
    return [parameter for parameter in inspect.signature(constructor).parameters if parameter not in {"args", "kwargs"}]


def _short(classes: list[str]) -> str:
    return classes[-1].rsplit(".", 1)[-1] if classes else ""


def _sentence(text: str, where: str) -> str:
    lines = [line.strip(" -") for line in text.splitlines() if line.strip(" -")]
    useful = [line.rstrip(":") for line in lines if not KEY.match(line) and not CLASS.match(line)] or lines
    place = f"in {where}: " if where else ""
    return f"the configuration does not fit, {place}{'; '.join(useful[:3])}"
