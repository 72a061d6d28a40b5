"""Several YAML files, each with a chain of bases, become one configuration before any parser sees it.

Composition by hand, because the parser's own would keep arguments of a class that a later file replaces, forget arguments without a
word, and let a file overwrite a flag that was given before it. The rules here:

- files count from left to right, and a file comes after the ones it names under `base:` (relative to its own folder);
- `{scale}` in such a name is what `--scale` gives, `paper` without: a scale lies beneath the rows that build on it, so a row's lines win;
- mappings merge key by key, everything else is replaced, `null` switches a part off;
- where `class_path` changes, nothing of the former class is kept; what is switched off takes no arguments without a class;
- `name+: [...]` appends to the list `name`;
- flags win over every file, wherever they stand on the command line.
"""

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from hiface_pl.cli.scale_flag import SCALE_FLAG
from hiface_pl.errors import ConfigError

LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The compiled one where there is one: ten times faster."""
CONFIG_FLAGS = ("--config", "-c")
APPEND = "+"
BASE = "base"
PLACEHOLDER = "{scale}"
SCALES = ("paper", "mini")
"""What `{scale}` may stand for in the project's own files; the first is the default. A scale of yours is one more file beside theirs."""


@dataclass(frozen=True)
class Composition:
    """The merged content of `files`, in the order in which they count, and the flags that come after them."""

    content: dict[str, Any]
    flags: list[str]
    files: list[Path]


def compose(arguments: list[str]) -> Composition:
    """Splits a command line into files, scale and flags and merges the files. Raises ConfigError."""
    named, flags = split_files(arguments)
    scale, flags = split_scale(flags)
    files = files_of(named, scale or SCALES[0])
    if scale and not any(builds_on_scale(file) for file in files):
        raise ConfigError(
            f"{SCALE_FLAG} {scale} changes nothing: none of the files names {PLACEHOLDER} under `{BASE}`, as experiments/full.yaml does"
        )
    return Composition(without_swapped(merged_files(files), flags), flags, files)


def files_of(named: Sequence[Path], scale: str = SCALES[0]) -> list[Path]:
    """The named files, each behind what it builds on; what several build on counts once, where it stands first. Raises ConfigError."""
    files: list[Path] = []
    for path in named:
        *bases, own = base_chain(path, scale)
        for file in bases:
            if file.resolve() not in {counted.resolve() for counted in files}:
                files.append(file)
        files.append(own)
    return files


def merged_files(files: Sequence[Path]) -> dict[str, Any]:
    """What the files say together, without their bases. Raises ConfigError."""
    content: dict[str, Any] = {}
    for file in files:
        content = merged(content, own_lines(file))
    return content


def own_lines(file: Path) -> dict[str, Any]:
    """What a file itself writes. Raises ConfigError."""
    return {key: value for key, value in read_mapping(file).items() if key != BASE}


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


def split_scale(flags: list[str]) -> tuple[str | None, list[str]]:
    """The name after `--scale`, None without, and the other flags. Raises ConfigError."""
    scale, others = None, []
    rest = iter(flags)
    for flag in rest:
        name, equals, value = flag.partition("=")
        if name != SCALE_FLAG:
            others.append(flag)
            continue
        scale = value if equals else next(rest, None)
        if not scale:
            raise ConfigError(f"{SCALE_FLAG} needs a name, such as {' or '.join(SCALES)}")
    return scale, others


def builds_on_scale(file: Path) -> bool:
    """Whether a file leaves a scale open in what it builds on."""
    return any(PLACEHOLDER in name for name in _base_names(file))


def base_chain(path: Path, scale: str = SCALES[0], above: tuple[Path, ...] = ()) -> list[Path]:
    """The files that `path` builds on at this scale, deepest first, and `path` itself. Raises ConfigError for a cycle."""
    known = path.resolve()
    if known in above:
        circle = " -> ".join(file.name for file in (*above[above.index(known) :], known))
        raise ConfigError(f"the bases of {path} go round in a circle ({circle}): remove one `base:`")
    names = [name.replace(PLACEHOLDER, scale) for name in _base_names(path)]
    return [file for name in names for file in base_chain(path.parent / name, scale, (*above, known))] + [path]


def _base_names(path: Path) -> list[str]:
    bases = read_mapping(path).get(BASE) or []
    names = [bases] if isinstance(bases, str) else bases
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise ConfigError(f"`{BASE}` in {path} has to be a file name or a list of them, not {bases!r}")
    return names


def read_mapping(path: Path) -> dict[str, Any]:
    """The content of one YAML file. Raises ConfigError for files that are missing, not YAML, or not a mapping."""
    try:
        content = yaml.load(path.read_text(encoding="utf-8"), Loader=LOADER)  # noqa: S506 - a safe one
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
        elif key in result and result[key] is None and isinstance(value, Mapping) and "init_args" in value and "class_path" not in value:
            raise ConfigError(
                f"`{key}` is switched off (null) by one file and given arguments without a class by a later one: write its class_path "
                f"there, or, if the later file is a scale, give it as `{SCALE_FLAG} NAME`, which puts it beneath the row"
            )
        else:
            result[key] = _merged_value(result.get(key), value)
    return result


def without_swapped(content: dict[str, Any], flags: list[str]) -> dict[str, Any]:
    """The content without the arguments of classes that a flag such as `--model.reconstructor.detail=pkg.Other` or `...=null` replaces."""
    for key, value in _flag_values(flags):
        parts = key.split(".")
        path = parts[:-1] if parts[-1] == "class_path" else parts
        node = _node(content, path)
        if not isinstance(node, dict) or "class_path" not in node:
            continue
        if value == "null":
            content = _replaced(content, path, None)
        elif _is_class_name(value) and node["class_path"] != value:
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
