"""What is wrong with a configuration, in one sentence that offers the closest name."""

import difflib
import inspect
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

from jsonargparse import ArgumentParser

from hiface_pl.errors import ConfigError, HifaceError

KEY = re.compile(r'Parser key "([^"]+)"')
CLASS = re.compile(r"Problem with given class_path '([^']+)'")
ACCEPTED = re.compile(r"Option '([^']+)' is not accepted")
NO_ATTRIBUTE = re.compile(r"module '([^']+)' has no attribute '([^']+)'")
WRONG_TYPE = re.compile(r"Expected an? (.+?)\. Got value: (.+)")
UNRECOGNISED = re.compile(r"[Uu]nrecogni[sz]ed arguments?: (--[^\s=]+)")


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


def explained(error: Exception, parser: ArgumentParser) -> ConfigError:
    """A parser's message of several lines as one sentence."""
    text = str(error)
    where = ".".join(dict.fromkeys(KEY.findall(text)))
    classes = CLASS.findall(text)
    if match := ACCEPTED.search(text):
        owner = classes[-1] if classes else ""
        return unknown_key(match.group(1), _arguments(owner), where=where, owner=owner.rpartition(".")[2])
    if match := UNRECOGNISED.search(text):
        return _unknown_flag(match.group(1), parser)
    if match := NO_ATTRIBUTE.search(text):
        hint = _closest(match.group(2), _names(match.group(1)))
        return ConfigError(f"{where} names {classes[-1] if classes else match.group(2)}, which does not exist{hint}")
    if match := WRONG_TYPE.search(text):
        return ConfigError(f"{where} is {match.group(2)!r}, but it has to be {_plain(match.group(1))}")
    return ConfigError(_sentence(text, where))


def unknown_key(name: str, known: Iterable[str], where: str = "", owner: str = "") -> ConfigError:
    """The error for a key that nothing reads."""
    candidates = sorted(known)
    leaf = name.rpartition(".")[2]
    hint = _closest(leaf, candidates) or (f"; it knows {', '.join(candidates)}" if candidates else "; check its spelling")
    reader = f"{owner} has no argument {leaf}" if owner else f"there is no setting {leaf}"
    return ConfigError(f"{reader}{f' in {where}' if where else ''}{hint}")


def _unknown_flag(flag: str, parser: ArgumentParser) -> ConfigError:
    options = sorted(option for action in parser._actions for option in action.option_strings)  # noqa: SLF001
    parts = flag.split(".")
    sections = [f"--{key}" for key in _known_keys(parser)]
    hint = _closest(flag, options) or _closest(".".join(parts[:2]), options) or _closest(parts[0], sections)
    return ConfigError(f"there is no option {flag}{hint}; `--help` shows the usual options, `--help_all` every one")


def _closest(name: str, candidates: Iterable[str]) -> str:
    close = difflib.get_close_matches(name, list(candidates), n=1, cutoff=0.6)
    return f" (did you mean {close[0]}?)" if close else ""


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


def _names(module: str) -> list[str]:
    """The classes of a module and the modules of a package."""
    try:
        found = import_module(module)
    except ImportError:
        return []
    return [name for name, value in vars(found).items() if inspect.isclass(value) or inspect.ismodule(value)]


def _plain(kind: str) -> str:
    match = re.fullmatch(r"<class '(?:.*\.)?(\w+)'>", kind)
    return f"of type {match.group(1)}" if match else kind


def _sentence(text: str, where: str) -> str:
    lines = [line.strip(" -") for line in text.splitlines() if line.strip(" -")]
    useful = [line.rstrip(":") for line in lines if not KEY.match(line) and not CLASS.match(line)] or lines
    place = f" in {where}" if where else ""
    return f"the configuration does not fit{place}: {'; '.join(useful[:3])}"


@contextmanager
def own_errors() -> Iterator[None]:
    """Raises the HifaceError of a part that could not be built: in a slot that may be empty, the parser hides it behind one of its own."""
    try:
        yield
    except ValueError as error:
        cause: BaseException | None = error
        while cause is not None and not isinstance(cause, HifaceError):
            cause = cause.__cause__ or cause.__context__
        raise cause or error from None
