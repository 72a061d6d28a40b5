"""The sculpted targets of the head, grouped into what heads are sampled from: signed axes, head shapes, asymmetries and macros."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64

from hiface_pl.face_models.open_model.head import HeadMesh
from hiface_pl.face_models.open_model.source import MakeHumanSource

_FOLDERS = ("eyes", "nose", "mouth", "chin", "cheek", "head", "forehead", "ears", "eyebrows", "neck")
_DROPPED = re.compile(
    r"head-(trans|angle|age|fat|back)|neck-(trans|double-decr|scale-vert)|measure-neck|nose-trans|mouth-trans-(in|out)|ear-(trans|shape-pointed)"
)
"""Targets that move the whole head or a part of it as a block, or that no human face shows."""
_OPPOSITES = (("decr", "incr"), ("down", "up"), ("in", "out"), ("backward", "forward"), ("concave", "convex"), ("compress", "uncompress"))
_PART_FACTOR = {"ears": 0.5, "nose": 0.6, "mouth": 0.7, "eyes": 0.7, "chin": 0.8}
_QUIET = ("laugh", "septum", "compression", "flaring", "cupidsbow", "dimples", "greek", "eyefold", "cleft")
_REACH = 2.5

Displacement = Float64[np.ndarray, "v 3"]


@dataclass(frozen=True)
class Axis:
    """One signed shape axis: `negative` and `positive` hold a target for each side that has one ("" for the whole, "l", "r").

    `sigma` is the standard deviation of its weight. Our choice: at most 0.45, at most 2.5 mm, less for parts whose targets are strong.
    """

    name: str
    sigma: float
    negative: dict[str, Displacement]
    positive: dict[str, Displacement]


@dataclass(frozen=True)
class Targets:
    """Everything that heads are made of: local axes, whole head shapes, one-sided asymmetries and macro targets by name."""

    axes: tuple[Axis, ...]
    head_shapes: tuple[Displacement, ...]
    asymmetries: tuple[Displacement, ...]
    macros: dict[str, Displacement]


def read_targets(source: MakeHumanSource, head: HeadMesh) -> Targets:
    """Reads and groups the targets that move the head, in millimetres. Raises AssetError."""

    def read(folder: str, names: Iterable[str]) -> dict[str, Displacement]:
        return {name: source.target(folder, name, head.used, head.base_vertices) for name in names}

    grouped: dict[str, dict[str, dict[str, Displacement]]] = {}
    shapes: list[Displacement] = []
    for folder in _FOLDERS:
        kept = [name for name in source.target_names(folder) if not _DROPPED.search(name)]
        for name, moved in read(folder, kept).items():
            side, axis, sign = _split(name)
            if folder == "head" and not sign:
                shapes.append(moved)
            else:
                grouped.setdefault(f"{folder}/{axis}", {}).setdefault(sign or "positive", {})[side] = moved
    asymmetries = read("asym", [name for name in source.target_names("asym") if name.startswith("asym-")])
    macros = read("macrodetails", source.target_names("macrodetails"))
    axes = tuple(_axis(name, ends, head) for name, ends in sorted(grouped.items()))
    return Targets(axes, tuple(shapes), tuple(asymmetries.values()), macros)


def _split(name: str) -> tuple[str, str, str]:
    """The side ("", "l", "r"), the axis and the end ("negative", "positive", "") that a target's name says."""
    sided = re.fullmatch(r"([lr])-(.*)", name)
    side, base = (sided[1], sided[2]) if sided else ("", name)
    for negative, positive in _OPPOSITES:
        for word, sign in ((negative, "negative"), (positive, "positive")):
            if base.endswith(f"-{word}"):
                return side, base.removesuffix(f"-{word}"), sign
    return side, base, ""


def _axis(name: str, ends: dict[str, dict[str, Displacement]], head: HeadMesh) -> Axis:
    skin = head.skin
    reach = max(float(np.linalg.norm(moved[skin], axis=1).max()) for sides in ends.values() for moved in sides.values())
    sigma = min(0.45, _REACH / max(reach, 1e-9)) * _PART_FACTOR.get(name.split("/", maxsplit=1)[0], 0.9)
    if any(word in name for word in _QUIET):
        sigma *= 0.4
    return Axis(name, sigma, ends.get("negative", {}), ends.get("positive", {}))
