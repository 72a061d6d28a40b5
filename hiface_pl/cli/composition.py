"""Several YAML files, each with a chain of bases, become one configuration before any parser sees it.

Composition by hand, because the parser's own would keep arguments of a class that a later file replaces, forget arguments without a
word, and let a file overwrite a flag that was given before it. The rules here:

- files count from left to right, and a file comes after the ones it names under `base:` (relative to its own folder);
- mappings merge key by key, everything else is replaced, `null` switches a part off;
- where `class_path` changes, nothing of the former class is kept;
- `name+: [...]` appends to the list `name`;
- flags win over every file, wherever they stand on the command line.
"""

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from hiface_pl.errors import ConfigError

CONFIG_FLAGS = ("--config", "-c")
APPEND = "+"


@dataclass(frozen=True)
class Composition:
    """The merged content of `files`, in the order in which they count, and the flags that come after them."""

    content: dict[str, Any]
    flags: list[str]
    files: list[Path]


def compose(arguments: list[str]) -> Composition:
    """Splits a command line into files and flags and merges the files. Raises ConfigError."""
    named, flags = split_files(arguments)
    files = [file for path in named for file in base_chain(path)]
    content: dict[str, Any] = {}
    for file in files:
        content = merged(content, {key: value for key, value in read_mapping(file).items() if key != "base"})
    return Composition(without_swapped(content, flags), flags, files)


def split_files(arguments: list[str]) -> tuple[list[Path], list[str]]:
    """The paths after `--config` and all other arguments, both in order."""
    files, flags = [], []
    rest = iter(arguments)
    for argument in rest:
        flag, equals, value = argument.partition("=")
        if flag not in CONFIG_FLAGS:
            flags.append(argument)
            continue
        path = value if equals else next(rest, None)
        if path is None:
            raise ConfigError(f"{flag} needs a file: name a YAML, such as experiments/full.yaml")
        files.append(Path(path))
    return files, flags


def base_chain(path: Path, above: tuple[Path, ...] = ()) -> list[Path]:
    """The files that `path` builds on, deepest first, and `path` itself. Raises ConfigError for a cycle."""
    known = path.resolve()
    if known in above:
        circle = " -> ".join(file.name for file in (*above[above.index(known) :], known))
        raise ConfigError(f"the bases of {path} go round in a circle ({circle}): remove one `base:`")
    bases = read_mapping(path).get("base") or []
    names = [bases] if isinstance(bases, str) else bases
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise ConfigError(f"`base` in {path} has to be a file name or a list of them, not {bases!r}")
    return [file for name in names for file in base_chain(path.parent / name, (*above, known))] + [path]


def read_mapping(path: Path) -> dict[str, Any]:
    """The content of one YAML file. Raises ConfigError for files that are missing, not YAML, or not a mapping."""
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ConfigError(f"there is no configuration {path}{_closest_file(path)}") from error
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"cannot read the configuration {path} ({error})") from error
    except yaml.YAMLError as error:
        raise ConfigError(f"{path} is not valid YAML: {' '.join(str(error).split())}") from error
    if content is None:
        return {}
    if not isinstance(content, dict):
        raise ConfigError(f"{path} has to hold `name: value` lines, not a {type(content).__name__}")
    return content


def merged(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """`over` written onto `base` by the rules of this module; neither is changed."""
    result = dict(base)
    for key, value in over.items():
        if key.endswith(APPEND):
            _append(result, key.removesuffix(APPEND), value)
        else:
            result[key] = _merged_value(result.get(key), value)
    return result


def without_swapped(content: dict[str, Any], flags: list[str]) -> dict[str, Any]:
    """The content without the arguments of classes that a flag such as `--model.reconstructor.detail=pkg.Other` replaces."""
    for key, value in _flag_values(flags):
        parts = key.split(".")
        path = parts[:-1] if parts[-1] == "class_path" else parts
        node = _node(content, path)
        if isinstance(node, dict) and "class_path" in node and _is_class_name(value) and node["class_path"] != value:
            content = _replaced(content, path, {"class_path": value})
    return content


def _merged_value(base: Any, over: Any) -> Any:
    if isinstance(base, str) and isinstance(over, Mapping) and "init_args" in over:
        base = {"class_path": base}
    if not isinstance(over, Mapping):
        return over
    if not isinstance(base, Mapping) or _swaps(base, over):
        return merged({}, over)
    return merged(base, over)


def _swaps(base: Mapping[str, Any], over: Mapping[str, Any]) -> bool:
    return "class_path" in over and base.get("class_path") != over["class_path"]


def _append(result: dict[str, Any], key: str, value: Any) -> None:
    present = result.get(key) or []
    added = value if isinstance(value, list) else [value]
    if not isinstance(present, list):
        raise ConfigError(f"`{key}{APPEND}` appends to a list, but {key} is {present!r}")
    result[key] = [*present, *added]


def _flag_values(flags: list[str]) -> list[tuple[str, str]]:
    """The flags as key and value, for `--key=value` and `--key value`."""
    values = []
    for position, flag in enumerate(flags):
        if not flag.startswith("--"):
            continue
        key, equals, value = flag[2:].partition("=")
        following = flags[position + 1] if position + 1 < len(flags) else ""
        values.append((key, value if equals else following))
    return values


def _is_class_name(value: str) -> bool:
    return bool(value) and all(part.isidentifier() for part in value.split("."))


def _node(content: Any, path: list[str]) -> Any:
    for part in path:
        if not isinstance(content, dict) or part not in content:
            return None
        content = content[part]
    return content


def _replaced(content: dict[str, Any], path: list[str], value: Any) -> dict[str, Any]:
    head, *tail = path
    return content | {head: _replaced(content[head], tail, value) if tail else value}


def _closest_file(path: Path) -> str:
    beside = [file.name for file in path.parent.glob("*.yaml")] if path.parent.is_dir() else []
    names = difflib.get_close_matches(path.name, beside, n=1)
    return f" (did you mean {path.parent / names[0]}?)" if names else ": check the path, or start from experiments/full.yaml"
