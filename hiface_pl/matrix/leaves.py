"""Configurations as leaves: the values at the ends of nested mappings, with the way to each."""

from collections.abc import Mapping
from enum import Enum
from typing import Any

Place = tuple[str, ...]
CLASS, ARGUMENTS = "class_path", "init_args"


class Missing(Enum):
    """Stands where one of two configurations has no such leaf."""

    MISSING = "not there"


MISSING = Missing.MISSING


def leaves(content: Mapping[str, Any], above: Place = ()) -> dict[Place, Any]:
    """All leaves. A list is one leaf, since files replace it as a whole; so is an empty mapping."""
    found: dict[Place, Any] = {}
    for key, value in content.items():
        if isinstance(value, Mapping) and value:
            found |= leaves(value, (*above, key))
        else:
            found[*above, key] = value
    return found


def differences(first: Mapping[str, Any], second: Mapping[str, Any]) -> dict[Place, tuple[Any, Any]]:
    """The leaves that differ, with both values, in the order of the first; MISSING where one has none."""
    one, other = leaves(first), leaves(second)
    places = [*one, *(place for place in other if place not in one)]
    pairs = {place: (one.get(place, MISSING), other.get(place, MISSING)) for place in places}
    return {place: (a, b) for place, (a, b) in pairs.items() if not same(a, b)}


def at(content: Any, place: Place) -> Any:
    """What lies at a place, MISSING where nothing does."""
    for key in place:
        if not isinstance(content, Mapping) or key not in content:
            return MISSING
        content = content[key]
    return content


def same(first: Any, second: Any) -> bool:
    """Equality of what YAML and parser write differently: 1e-4 and "1e-4", a path and its text, a tuple and a list."""
    if isinstance(first, Mapping) and isinstance(second, Mapping):
        return first.keys() == second.keys() and all(same(value, second[key]) for key, value in first.items())
    if isinstance(first, list | tuple) and isinstance(second, list | tuple):
        return len(first) == len(second) and all(same(a, b) for a, b in zip(first, second, strict=True))
    if isinstance(first, bool) or isinstance(second, bool) or first is None or second is None:
        return first is second
    return (type(first) is type(second) and first == second) or _as_number(first) == _as_number(second)


def holds(found: Any, written: Any) -> bool:
    """Whether what was written is there, however many defaults stand beside it.

    A class may be written as its bare name, and its arguments alone where there is but one class.
    """
    if isinstance(found, Mapping) and isinstance(written, str):
        return bool(found.get(CLASS) == written)
    if isinstance(found, Mapping) and isinstance(written, Mapping):
        inner = found if CLASS in written or CLASS not in found else found.get(ARGUMENTS, {})
        return all(key in inner and holds(inner[key], value) for key, value in written.items())
    if isinstance(found, list | tuple) and isinstance(written, list | tuple):
        return len(found) == len(written) and all(holds(a, b) for a, b in zip(found, written, strict=True))
    return same(found, written)


def told(place: Place) -> str:
    """A place as people write it: model.losses.age."""
    return ".".join(place)


def _as_number(value: Any) -> Any:
    try:
        return float(value)
    except (TypeError, ValueError):
        return str(value)
